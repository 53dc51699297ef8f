import type { DialogueItem } from '@toritsugi/contracts'
import type { ConversationItem } from './client-events.ts'

/** What a session of the smallest models (32k tokens) can be told besides its instructions. */
const defaultCharacters = 24_000

/**
 * The dialogue so far as items for a new session: text only, since assistant audio cannot be created. The oldest
 * go first when it is too long. Every tool call gets a result and no result stands alone: the model would refuse
 * one or wait for the other.
 */
export function dialogueItems(
  dialogue: readonly DialogueItem[],
  { maxCharacters = defaultCharacters }: { maxCharacters?: number } = {},
): ConversationItem[] {
  const recent = lastOf(dialogue, maxCharacters)
  const called = new Set(recent.flatMap((item) => (item.kind === 'tool-call' ? [item.toolCallId] : [])))
  const answered = new Set(recent.flatMap((item) => (item.kind === 'tool-result' ? [item.toolCallId] : [])))
  const items: ConversationItem[] = []
  for (const item of recent) {
    if (item.kind === 'tool-result') {
      if (called.has(item.toolCallId)) items.push(resultItem(item.toolCallId, item.output))
      continue
    }
    if (item.kind === 'tool-call') {
      items.push({
        type: 'function_call',
        call_id: item.toolCallId,
        name: item.name,
        arguments: item.arguments,
      })
      if (!answered.has(item.toolCallId)) items.push(resultItem(item.toolCallId, cancelledOutput))
      continue
    }
    if (item.text.trim() !== '') items.push(dialogueItem(item))
  }
  return items
}

/** What the model is told of a tool that was not run or whose result is lost. */
export const cancelledOutput = '{"status":"cancelled"}'

/** One item of the dialogue as an item of the conversation. */
export function dialogueItem(item: DialogueItem): ConversationItem {
  switch (item.kind) {
    case 'caller':
      return { type: 'message', role: 'user', content: [{ type: 'input_text', text: item.text }] }
    case 'assistant':
      return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: item.text }] }
    case 'note':
      return { type: 'message', role: 'system', content: [{ type: 'input_text', text: item.text }] }
    case 'tool-call':
      return {
        type: 'function_call',
        call_id: item.toolCallId,
        name: item.name,
        arguments: item.arguments,
      }
    case 'tool-result':
      return resultItem(item.toolCallId, item.output)
  }
}

const resultItem = (callId: string, output: string): ConversationItem => ({
  type: 'function_call_output',
  call_id: callId,
  output,
})

function lastOf(dialogue: readonly DialogueItem[], maxCharacters: number): DialogueItem[] {
  let characters = 0
  let from = dialogue.length
  while (from > 0) {
    const item = dialogue[from - 1] as DialogueItem
    characters += lengthOf(item)
    if (characters > maxCharacters) break
    from--
  }
  return dialogue.slice(from)
}

function lengthOf(item: DialogueItem): number {
  if (item.kind === 'tool-call') return item.name.length + item.arguments.length
  return item.kind === 'tool-result' ? item.output.length : item.text.length
}
