import type { Reply } from './core/brain.ts'
import { type Entry, tokensOf } from './core/conversation.ts'
import type { ToolDefinition } from './core/session-config.ts'
import { situationOf } from './core/situation.ts'
import { NO_TOKENS, type PromptPart, textTokens } from './core/tokens.ts'
import { madeEntry } from './item-events.ts'
import { isObject, type JsonObject, type Problem } from './protocol/shape.ts'
import type { RealtimeSession } from './session.ts'

/** What a response starts from. */
export type ResponseContext = {
  reply: Reply
  prompt: readonly PromptPart[]
  metadata: Readonly<Record<string, string>> | null
}

/** What the model sees, and what it decides to answer. */
export function contextOf(session: RealtimeSession, asked: JsonObject): ResponseContext | Problem {
  const entries = Array.isArray(asked.input)
    ? inputEntries(session, asked.input)
    : session.conversation.entries
  if ('code' in entries) return entries
  const instructions =
    typeof asked.instructions === 'string' ? asked.instructions : session.config.instructions
  const tools = (Array.isArray(asked.tools) ? asked.tools : session.config.tools) as ToolDefinition[]
  const metadata = isObject(asked.metadata) ? (asked.metadata as Record<string, string>) : null
  const choice = asked.tool_choice ?? session.config.tool_choice
  const situation = situationOf({
    entries,
    idleItems: session.idleItems,
    toldCalls: session.toldCalls,
    instructions: session.config.instructions,
    askedInstructions: typeof asked.instructions === 'string' ? asked.instructions : null,
    tools: choice === 'none' ? [] : tools,
    metadata,
  })
  const reply = session.mind.reply(situation)
  // Words asked for by the client itself (a filler, a goodbye) are not about the results.
  if (situation.askedInstructions === null)
    for (const { callId } of situation.toolOutputs) session.toldCalls.add(callId)
  const several = asked.parallel_tool_calls ?? session.config.parallel_tool_calls ?? true
  return {
    reply: allowed(session, reply, tools, choice, several === true),
    prompt: promptOf(session, instructions, tools, entries),
    metadata,
  }
}

/** Keeps a reply to what the request allows: declared tools only, one call unless several may run at once. */
function allowed(
  session: RealtimeSession,
  reply: Reply,
  tools: readonly ToolDefinition[],
  choice: unknown,
  several: boolean,
): Reply {
  let calls = 0
  const parts = reply.parts.filter((part) => {
    if (part.is === 'speech') return true
    if (choice === 'none') return false
    if (!tools.some((tool) => tool.type === 'function' && tool.name === part.name)) {
      session.suspect(
        'undeclared-tool',
        `The brain wants to call '${part.name}', which the session does not declare.`,
      )
      return false
    }
    calls += 1
    return several || calls === 1
  })
  return { ...reply, parts }
}

function promptOf(
  session: RealtimeSession,
  instructions: string,
  tools: readonly ToolDefinition[],
  entries: readonly Entry[],
): PromptPart[] {
  const head = `${instructions}${tools.length === 0 ? '' : JSON.stringify(tools)}`
  const first = { key: head, tokens: { ...NO_TOKENS, text: textTokens(head) } }
  const items = entries
    .filter(({ open }) => !open)
    .map((entry) => ({ key: `${entry.item.id}:${entry.revision}`, tokens: tokensOf(entry) }))
  return withinContext(first, items, session)
}

/** Drops the oldest items that do not fit into the model's context ("truncation" in the API reference). */
function withinContext(first: PromptPart, items: PromptPart[], session: RealtimeSession): PromptPart[] {
  const { contextTokens, maxOutputTokens } = session.surroundings.traits
  const room = contextTokens - Math.min(maxOutputTokens, 4096)
  const size = (part: PromptPart) => part.tokens.text + part.tokens.audio + part.tokens.image
  let total = size(first) + items.reduce((sum, part) => sum + size(part), 0)
  const kept = [...items]
  while (total > room && kept.length > 1 && session.config.truncation !== 'disabled') {
    const oldest = kept.shift()
    total -= oldest ? size(oldest) : 0
  }
  return [first, ...kept]
}

function inputEntries(session: RealtimeSession, input: readonly unknown[]): Entry[] | Problem {
  const entries: Entry[] = []
  for (const [index, item] of input.entries()) {
    if (!isObject(item)) continue
    if (item.type !== 'item_reference') {
      const made = madeEntry(session, item, entries)
      if ('code' in made) return made
      entries.push(made)
      continue
    }
    const found = session.conversation.find(String(item.id))
    if (!found) {
      return {
        code: 'invalid_value',
        message: `Item with id '${String(item.id)}' not found in conversation.`,
        param: `response.input[${index}].id`,
      }
    }
    entries.push(found)
  }
  return entries
}
