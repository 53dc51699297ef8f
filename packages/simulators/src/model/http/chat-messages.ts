import type { JsonObject } from '../protocol/shape.ts'
import { badRequest, notSimulated, type Refusal } from './refusal.ts'

export type ChatCall = { id: string; function: { name: string; arguments: string } }

/** A message of a well-formed request. */
export type ChatMessage = {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  content?: string | readonly (JsonObject & { type: string; text?: string })[] | null
  tool_calls?: readonly ChatCall[]
  tool_call_id?: string
}

/** The words of a message; nothing but its text counts. */
export function wordsOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  return (content ?? []).flatMap(({ type, text = '' }) => (type === 'text' ? [text] : [])).join(' ')
}

/**
 * What is wrong with the order of messages: each tool message answers a call of the assistant's message before it,
 * and each call is answered before anything else is said ("Function calling" guide; wording as reported by users).
 */
export function messagesRefusal(messages: readonly ChatMessage[]): Refusal | null {
  let open = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const refusal = contentRefusal(message, index)
    if (refusal) return refusal
    if (message.role === 'tool') {
      const id = message.tool_call_id ?? ''
      if (open.delete(id)) continue
      return strayResult(messages, index, id)
    }
    if (open.size > 0) return unanswered(open)
    open = new Set(message.tool_calls?.map(({ id }) => id))
  }
  return open.size > 0 ? unanswered(open) : null
}

function strayResult(messages: readonly ChatMessage[], index: number, id: string): Refusal {
  const isLed = messages.slice(0, index).findLast(({ role }) => role !== 'tool')?.tool_calls !== undefined
  if (isLed) {
    return badRequest(
      `Invalid parameter: 'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`,
      `messages.[${index}].tool_call_id`,
    )
  }
  return badRequest(
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    `messages.[${index}].role`,
  )
}

function unanswered(open: ReadonlySet<string>): Refusal {
  return badRequest(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    'messages',
  )
}

function contentRefusal(
  { role, content, tool_calls: calls, ...rest }: ChatMessage,
  index: number,
): Refusal | null {
  if ('function_call' in rest && rest.function_call != null)
    return notSimulated('function_call, which tool_calls have replaced', `messages.[${index}].function_call`)
  if (content === null || content === undefined) {
    if (role === 'assistant' && (calls || ('refusal' in rest && rest.refusal != null))) return null
    return badRequest(
      "Invalid value for 'content': expected a string, got null.",
      `messages.[${index}].content`,
    )
  }
  if (typeof content === 'string') return null
  const other = content.find(({ type }) => type !== 'text' && type !== 'refusal')
  return other ? notSimulated(`content of type ${other.type}`, `messages.[${index}].content`) : null
}
