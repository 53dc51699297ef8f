import type { Reply } from '../core/brain.ts'
import { plausibleArguments, plausibleValue } from '../core/plausible-arguments.ts'
import type { Situation } from '../core/situation.ts'
import { textTokens } from '../core/tokens.ts'
import { isObject } from '../protocol/shape.ts'
import type { ChatRequest } from './chat-request.ts'
import { fitsSchema } from './strict-schema.ts'

export type ChatFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter'

/** What a completion holds, before it is written down. */
export type ChatOutcome = {
  content: string | null
  refusal: string | null
  calls: readonly { name: string; arguments: string }[]
  finish: ChatFinish
  /** Breaks off after what there is of the words, with an error of the service's own. */
  failure: { code: string; message: string } | null
  tokens: { output: number; reasoning: number }
}

/** Something in the brain that a real model would not do. */
export type BrainSlip = { code: 'undeclared-tool' | 'off-schema'; message: string }

/**
 * Tokens thought before the first word, by effort: they count against the limit, so that a small limit leaves
 * nothing to say. The live figures vary; multiples of 64 were observed.
 */
const THOUGHTS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 0,
  low: 64,
  medium: 192,
  high: 512,
  xhigh: 1024,
}

/** Makes a completion out of what the brain wants to say and call, as far as the request allows it. */
export function outcomeOf(
  reply: Reply,
  request: ChatRequest,
  now: Situation,
  slip: (slip: BrainSlip) => void,
  forcedFinish: 'stop' | 'tool_calls',
): ChatOutcome {
  const wanted = callsOf(reply, request, now, slip)
  const spoken = reply.parts.flatMap((part) => (part.is === 'speech' ? [part.text] : [])).join(' ')
  const isForced = request.choice.is === 'required' || request.choice.is === 'named'
  const words = isForced ? '' : formatted(spoken, wanted.length > 0, request, slip)
  const until = stoppedAt(words, request.stop)
  const half = reply.ends.status === 'completed' ? until : until.slice(0, Math.ceil(until.length / 2))
  const calls = reply.ends.status === 'completed' ? wanted : []
  const reasoning = THOUGHTS[request.effort] ?? 0
  const fitted = withinTokens(half, calls, request.maxTokens - reasoning)
  const spent = Math.min(reasoning, request.maxTokens)
  return {
    content: fitted.content === '' && fitted.calls.length > 0 ? null : fitted.content,
    refusal: null,
    calls: fitted.calls,
    finish: fitted.isCut ? 'length' : finishOf(reply, fitted.calls.length, request, forcedFinish),
    failure: reply.ends.status === 'failed' ? reply.ends : null,
    tokens: { output: fitted.tokens + spent, reasoning: spent },
  }
}

function finishOf(reply: Reply, calls: number, { choice }: ChatRequest, forced: ChatFinish): ChatFinish {
  if (reply.ends.status === 'incomplete')
    return reply.ends.reason === 'content_filter' ? 'content_filter' : 'length'
  if (calls === 0) return 'stop'
  return choice.is === 'named' ? forced : 'tool_calls'
}

function callsOf(
  reply: Reply,
  { tools, choice, several }: ChatRequest,
  now: Situation,
  slip: (slip: BrainSlip) => void,
): { name: string; arguments: string }[] {
  if (choice.is === 'none') return []
  const calls = reply.parts.flatMap((part) => {
    if (part.is !== 'call') return []
    const tool = tools.find(({ name }) => name === part.name)
    if (!tool) {
      const message = `The brain wants to call '${part.name}', which the request does not declare.`
      slip({ code: 'undeclared-tool', message })
      return []
    }
    if (choice.is === 'named' && part.name !== choice.name) return []
    if (tool.strict && !fitsSchema(parsed(part.arguments), tool.parameters)) {
      slip({
        code: 'off-schema',
        message: `The brain's arguments for '${part.name}' do not fit its strict schema.`,
      })
      return [{ name: part.name, arguments: JSON.stringify(plausibleValue(tool.parameters, now.heard)) }]
    }
    return [{ name: part.name, arguments: part.arguments }]
  })
  const forced = choice.is === 'named' ? tools.find(({ name }) => name === choice.name) : tools[0]
  if (calls.length === 0 && (choice.is === 'required' || choice.is === 'named') && forced)
    calls.push({ name: forced.name, arguments: JSON.stringify(plausibleArguments(forced, now)) })
  return several ? calls : calls.slice(0, 1)
}

/** The words as the response format wants them: JSON of the brain's own if it fits, else made of its words. */
function formatted(
  words: string,
  calls: boolean,
  { format }: ChatRequest,
  slip: (slip: BrainSlip) => void,
): string {
  if (format.is === 'text' || (words === '' && calls)) return words
  const own = parsed(words)
  if (format.is !== 'schema') return isObject(own) ? words : JSON.stringify({ text: words })
  if (own !== undefined && fitsSchema(own, format.schema)) return words
  if (isObject(own))
    slip({ code: 'off-schema', message: "The brain's JSON does not fit the response format." })
  return JSON.stringify(plausibleValue(format.schema, words))
}

function stoppedAt(words: string, stop: readonly string[]): string {
  const ends = stop.map((mark) => (mark === '' ? -1 : words.indexOf(mark))).filter((at) => at >= 0)
  return ends.length === 0 ? words : words.slice(0, Math.min(...ends))
}

function withinTokens(
  words: string,
  calls: readonly { name: string; arguments: string }[],
  room: number,
): { content: string; calls: { name: string; arguments: string }[]; tokens: number; isCut: boolean } {
  const content = cutTo(words, room)
  let tokens = textTokens(content)
  const kept: { name: string; arguments: string }[] = []
  let isCut = content !== words
  for (const call of calls) {
    if (isCut) break
    const left = room - tokens - textTokens(call.name)
    if (left <= 0) isCut = true
    else {
      const given = cutTo(call.arguments, left)
      isCut = given !== call.arguments
      tokens += textTokens(call.name) + textTokens(given)
      kept.push({ name: call.name, arguments: given })
    }
  }
  return { content, calls: kept, tokens, isCut }
}

/** As much of a text as so many tokens hold. */
function cutTo(text: string, room: number): string {
  if (textTokens(text) <= room) return text
  let fits = 0
  for (let over = text.length; over - fits > 1; ) {
    const middle = Math.floor((fits + over) / 2)
    if (textTokens(text.slice(0, middle)) <= room) fits = middle
    else over = middle
  }
  return text.slice(0, fits)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
