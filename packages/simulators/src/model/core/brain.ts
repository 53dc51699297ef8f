import { dictatedText } from './dictation.ts'
import { plausibleArguments } from './plausible-arguments.ts'
import { type Situation, saidBefore, type ToolFace, type Trigger } from './situation.ts'

/** Text to match: a part of it in any letter case, or a pattern. */
export type Match = string | RegExp

/** When a rule applies; everything named must hold. `{}` and `{ any: true }` always hold. */
export type When = {
  any?: boolean
  trigger?: Trigger | readonly Trigger[]
  heard?: Match
  text?: Match
  tool?: Match
  toolOutput?: Match
  /** Session or response instructions. */
  instructions?: Match
  /** Instructions of this very `response.create`. */
  asked?: Match
  /** Anything said so far by anyone. */
  dialogue?: Match
  metadata?: Readonly<Record<string, string>>
}

/** A function to call. A pattern stands for the first declared tool it fits, and for none when none is. */
export type ToolCall = {
  name: string | RegExp
  /** Default: plausible values for the tool's JSON schema. */
  arguments?: Record<string, unknown> | string | ((now: Situation) => Record<string, unknown>)
}

export type Ending =
  | { status: 'completed' }
  | { status: 'incomplete'; reason: 'max_output_tokens' | 'content_filter' }
  | { status: 'failed'; code: string; message: string }

export type Rule = {
  when: When
  /** Words to say: one text, variants taken in turn, or a function. `{heard}`, `{before}` … are filled in. */
  say?: string | readonly string[] | ((now: Situation) => string)
  /** Functions to call; each becomes one output item. */
  call?: ToolCall | readonly ToolCall[]
  /** Whether calls come before the words (default: after them). */
  callFirst?: boolean
  /** Milliseconds from the response's start to its first audio. */
  delayMs?: number
  /** How many times faster than real time audio is sent. */
  pace?: number
  /** Length of one audio delta in ms, or a range to draw from. */
  deltaMs?: number | readonly [number, number]
  /** How it ends; anything but `completed` stops half-way through the words. */
  ends?: Ending
  /** How often the rule applies at most. */
  times?: number
}

/** Rules in order: the first that applies answers. */
export type Brain = readonly Rule[]

export type ReplyPart = { is: 'speech'; text: string } | { is: 'call'; name: string; arguments: string }

export type Reply = {
  parts: readonly ReplyPart[]
  delayMs: number
  pace: number
  deltaMs: readonly [number, number]
  ends: Ending
}

export type Manner = { delayMs: number; pace: number; deltaMs: readonly [number, number] }

/** Answers take 150 ms, come eight times faster than they are spoken, in deltas of 100–400 ms. */
export const DEFAULT_MANNER: Manner = { delayMs: 150, pace: 8, deltaMs: [100, 400] }

/** One session's use of a brain: it remembers how often each rule was taken. */
export class Mind {
  readonly #rules: () => Brain
  readonly #manner: Manner
  readonly #taken: Map<Rule, number>

  /**
   * @param rules the rules, or where to look them up anew for each answer
   * @param taken how often each rule was taken before
   */
  constructor(
    rules: Brain | (() => Brain),
    manner: Manner = DEFAULT_MANNER,
    taken: ReadonlyMap<Rule, number> = new Map(),
  ) {
    this.#rules = typeof rules === 'function' ? rules : () => rules
    this.#manner = manner
    this.#taken = new Map(taken)
  }

  /** How often each rule was taken so far. */
  get taken(): ReadonlyMap<Rule, number> {
    return this.#taken
  }

  /** What to answer now. A request to say a quoted text word for word comes before every rule. */
  reply(now: Situation): Reply {
    const request = now.askedInstructions ?? (now.trigger === 'text' ? now.text : '')
    const dictated = dictatedText(request)
    if (dictated !== null) return { parts: [{ is: 'speech', text: dictated }], ...this.#manner, ends: DONE }
    const rule = this.#rules().find((candidate) => this.#applies(candidate, now))
    if (!rule) return { parts: [], ...this.#manner, ends: DONE }
    const taken = this.#taken.get(rule) ?? 0
    this.#taken.set(rule, taken + 1)
    return {
      parts: partsOf(rule, now, taken),
      delayMs: rule.delayMs ?? this.#manner.delayMs,
      pace: rule.pace ?? this.#manner.pace,
      deltaMs: rangeOf(rule.deltaMs) ?? this.#manner.deltaMs,
      ends: rule.ends ?? DONE,
    }
  }

  #applies(rule: Rule, now: Situation): boolean {
    if (rule.times !== undefined && (this.#taken.get(rule) ?? 0) >= rule.times) return false
    return holds(rule.when, now)
  }
}

const DONE: Ending = { status: 'completed' }

function holds(when: When, now: Situation): boolean {
  if (when.trigger !== undefined && ![when.trigger].flat().includes(now.trigger)) return false
  if (when.heard !== undefined && (now.trigger !== 'heard' || !matches(when.heard, now.heard))) return false
  // A caller's words that came in writing can be asked for either way.
  const isWritten = now.trigger === 'text' || (now.trigger === 'heard' && now.text !== '')
  if (when.text !== undefined && !(isWritten && matches(when.text, now.text))) return false
  if (when.tool !== undefined && !now.toolOutputs.some(({ name }) => matches(when.tool ?? '', name)))
    return false
  if (
    when.toolOutput !== undefined &&
    !now.toolOutputs.some(({ output }) => matches(when.toolOutput ?? '', output))
  ) {
    return false
  }
  const instructions = `${now.askedInstructions ?? ''}\n${now.instructions}`
  if (when.instructions !== undefined && !matches(when.instructions, instructions)) return false
  if (when.asked !== undefined && !matches(when.asked, now.askedInstructions ?? '')) return false
  if (when.dialogue !== undefined && !now.dialogue.some(({ text }) => matches(when.dialogue ?? '', text))) {
    return false
  }
  return Object.entries(when.metadata ?? {}).every(([key, value]) => now.metadata?.[key] === value)
}

function matches(match: Match, text: string): boolean {
  if (typeof match === 'string') return text.toLowerCase().includes(match.toLowerCase())
  match.lastIndex = 0
  return match.test(text)
}

function partsOf(rule: Rule, now: Situation, taken: number): ReplyPart[] {
  const words = wordsOf(rule.say, now, taken)
  const speech: ReplyPart[] = words === '' ? [] : [{ is: 'speech', text: words }]
  const calls = [rule.call ?? []].flat().flatMap((call): ReplyPart[] => {
    const tool = now.tools.find(({ name }) =>
      typeof call.name === 'string' ? name === call.name : call.name.test(name),
    )
    if (!tool && typeof call.name !== 'string') return []
    return [{ is: 'call', name: tool?.name ?? String(call.name), arguments: argumentsOf(call, tool, now) }]
  })
  return rule.callFirst ? [...calls, ...speech] : [...speech, ...calls]
}

function wordsOf(say: Rule['say'], now: Situation, taken: number): string {
  if (say === undefined) return ''
  if (typeof say === 'function') return say(now)
  const variants = [say].flat()
  return filled(variants[taken % variants.length] ?? '', now)
}

function argumentsOf(call: ToolCall, tool: ToolFace | undefined, now: Situation): string {
  if (call.arguments === undefined) return JSON.stringify(tool ? plausibleArguments(tool, now) : {})
  const given = typeof call.arguments === 'function' ? call.arguments(now) : call.arguments
  if (typeof given === 'string') return filled(given, now)
  return JSON.stringify(given, (_, value: unknown) =>
    typeof value === 'string' ? filled(value, now) : value,
  )
}

/** Fills `{heard} {text} {before} {assistantBefore} {toolOutput}`: the dialogue proves what the model was told. */
function filled(template: string, now: Situation): string {
  return template.replace(/\{(heard|text|before|assistantBefore|toolOutput)\}/g, (_, name: string) => {
    if (name === 'heard') return now.heard
    if (name === 'text') return now.text
    if (name === 'toolOutput') return now.toolOutputs.at(-1)?.output ?? ''
    return saidBefore(now, name === 'before' ? 'caller' : 'assistant')
  })
}

function rangeOf(deltaMs: Rule['deltaMs']): readonly [number, number] | undefined {
  return typeof deltaMs === 'number' ? [deltaMs, deltaMs] : deltaMs
}
