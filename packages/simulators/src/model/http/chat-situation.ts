import type { Said, Situation, ToolFace, Trigger } from '../core/situation.ts'
import { type ChatMessage, wordsOf } from './chat-messages.ts'

/**
 * What the model knows and has to answer, out of a chat's messages. System and developer messages before anybody has
 * spoken are its instructions. Those that follow the caller's words or a tool's result belong to this one answer,
 * as `instructions` of a `response.create` do; alone after the assistant's words they are a notice to be answered.
 * The caller's words are `heard`, as they are in a call.
 */
export function chatSituation(
  messages: readonly ChatMessage[],
  tools: readonly ToolFace[],
  metadata: Readonly<Record<string, string>> | null,
): Situation {
  const first = messages.findIndex((message) => !isDirection(message))
  const head = first < 0 ? messages : messages.slice(0, first)
  const turns = first < 0 ? [] : messages.slice(first)
  const lastTurn = turns.findLastIndex((message) => !isDirection(message))
  const last = turns[lastTurn]
  const directions = joined(turns.slice(lastTurn + 1))
  const isNotice = last?.role === 'assistant' && directions !== ''
  const trigger = isNotice ? 'text' : triggerOf(last)
  const words = last && trigger === 'heard' ? wordsOf(last) : ''
  return {
    trigger,
    heard: words,
    text: isNotice ? directions : words,
    toolOutputs: trigger === 'tool' ? outputsAtEnd(turns.slice(0, lastTurn + 1)) : [],
    instructions: joined(head),
    askedInstructions: isNotice || directions === '' ? null : directions,
    tools,
    metadata,
    dialogue: turns.flatMap(saidIn),
  }
}

function isDirection({ role }: ChatMessage): boolean {
  return role === 'system' || role === 'developer'
}

function triggerOf(last: ChatMessage | undefined): Trigger {
  if (last?.role === 'user') return 'heard'
  return last?.role === 'tool' ? 'tool' : 'start'
}

function outputsAtEnd(turns: readonly ChatMessage[]): { callId: string; name: string; output: string }[] {
  const calling = turns.findLastIndex(({ role }) => role !== 'tool')
  const calls = turns[calling]?.tool_calls ?? []
  return turns.slice(calling + 1).map((message) => {
    const callId = message.tool_call_id ?? ''
    const name = calls.find(({ id }) => id === callId)?.function.name ?? ''
    return { callId, name, output: wordsOf(message) }
  })
}

function saidIn(message: ChatMessage): Said[] {
  const text = wordsOf(message)
  if (message.role === 'tool') return [{ by: 'tool', text }]
  if (text === '') return []
  if (message.role === 'assistant') return [{ by: 'assistant', text }]
  return [{ by: isDirection(message) ? 'system' : 'caller', text }]
}

function joined(messages: readonly ChatMessage[]): string {
  return messages.map(wordsOf).join('\n')
}
