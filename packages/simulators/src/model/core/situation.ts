import { isObject } from '../protocol/shape.ts'
import type { Entry } from './conversation.ts'
import type { ToolDefinition } from './session-config.ts'

/** What one response answers. `start` is a response asked for when nothing waits for an answer. */
export type Trigger = 'heard' | 'text' | 'tool' | 'idle' | 'start'

/** One thing said in the conversation, as far as the model still knows it (truncated words are gone). */
export type Said = { by: 'caller' | 'assistant' | 'system' | 'tool'; text: string }

/** Everything the model knows when it decides what to answer. */
export type Situation = {
  trigger: Trigger
  /** Words understood in the last turn of the caller's audio; '' when it was noise or there was none. */
  heard: string
  /**
   * The last text item (typed user text, keys, system notices) when that is what is answered; in a chat also the
   * caller's words, which come in writing there.
   */
  text: string
  /** Results of the tools just run, oldest first. */
  toolOutputs: readonly { callId: string; name: string; output: string }[]
  instructions: string
  /** `instructions` given with this `response.create`, or null. */
  askedInstructions: string | null
  tools: readonly ToolFace[]
  metadata: Readonly<Record<string, string>> | null
  dialogue: readonly Said[]
}

/** A declared function as the model sees it. */
export type ToolFace = { name: string; description: string; parameters: Record<string, unknown> }

/** What a response is made from: the items it sees and the words it was asked with. */
export type Asked = {
  entries: readonly Entry[]
  /** Items the caller never spoke: made by an idle timeout. */
  idleItems: ReadonlySet<string>
  /** Calls (`call_id`) whose results were spoken about already. */
  toldCalls: ReadonlySet<string>
  instructions: string
  askedInstructions: string | null
  tools: readonly ToolDefinition[]
  metadata: Readonly<Record<string, string>> | null
}

/** Looks at a conversation as the model does: what is to be answered, and what is known. */
export function situationOf(asked: Asked): Situation {
  const entries = asked.entries.filter((entry) => !entry.open)
  const last = entries.at(-1)
  const untold = untoldOutputs(entries, asked.toldCalls)
  const trigger = triggerOf(last, asked.idleItems, untold.length > 0)
  return {
    trigger,
    heard: trigger === 'heard' ? (last?.heard ?? '') : '',
    text: trigger === 'text' && last ? textOf(last) : '',
    toolOutputs: trigger === 'tool' ? untold : [],
    instructions: asked.instructions,
    askedInstructions: asked.askedInstructions,
    tools: asked.tools.flatMap(faceOf),
    metadata: asked.metadata,
    dialogue: entries.flatMap(saidIn),
  }
}

/** A result that came in while the assistant was saying something else still waits for its answer. */
function triggerOf(last: Entry | undefined, idleItems: ReadonlySet<string>, untold: boolean): Trigger {
  if (!last) return 'start'
  if (last.item.type === 'function_call_output') return 'tool'
  if (last.item.type !== 'message') return 'start'
  if (last.item.role === 'assistant') return untold ? 'tool' : 'start'
  if (idleItems.has(last.item.id)) return 'idle'
  const isAudio = last.item.role === 'user' && last.item.content?.some(({ type }) => type === 'input_audio')
  return isAudio ? 'heard' : 'text'
}

/** Results nobody has spoken about since the caller last said something, oldest first. */
function untoldOutputs(
  entries: readonly Entry[],
  toldCalls: ReadonlySet<string>,
): { callId: string; name: string; output: string }[] {
  const lastWords = entries.findLastIndex(({ item }) => item.type === 'message' && item.role === 'user')
  return entries.slice(lastWords + 1).flatMap(({ item }) => {
    const { type, call_id: callId = '', output = '' } = item
    if (type !== 'function_call_output' || toldCalls.has(callId)) return []
    const call = entries.find((other) => other.item.type === 'function_call' && other.item.call_id === callId)
    return [{ callId, name: call?.item.name ?? '', output }]
  })
}

function saidIn(entry: Entry): Said[] {
  const { item } = entry
  if (item.type === 'function_call_output') return [{ by: 'tool', text: item.output ?? '' }]
  if (item.type !== 'message') return []
  const text = textOf(entry)
  if (text === '') return []
  if (item.role === 'assistant') return [{ by: 'assistant', text }]
  return [{ by: item.role === 'system' ? 'system' : 'caller', text }]
}

/** The words of an item: typed, spoken by the model, or understood from the caller's audio. */
export function textOf(entry: Entry): string {
  const parts = (entry.item.content ?? []).map((part) => {
    if (part.type === 'input_audio') return entry.heard
    return part.type === 'output_audio' ? (part.transcript ?? '') : (part.text ?? '')
  })
  return parts.filter((text) => text !== '').join(' ')
}

function faceOf(tool: ToolDefinition): ToolFace[] {
  if (tool.type !== 'function' || tool.name === undefined) return []
  const parameters = isObject(tool.parameters) ? tool.parameters : {}
  return [{ name: tool.name, description: tool.description ?? '', parameters }]
}

/** The last words of one side before the turn that is being answered; '' when the model knows none. */
export function saidBefore(now: Situation, by: 'caller' | 'assistant'): string {
  const answered = now.trigger === 'heard' || now.trigger === 'text'
  const earlier = answered && by === 'caller' ? now.dialogue.slice(0, -1) : now.dialogue
  return earlier.findLast((said) => said.by === by && said.text !== '')?.text ?? ''
}
