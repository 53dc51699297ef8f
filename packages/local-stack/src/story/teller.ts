import type { Envelope, Fact, FactData } from '@toritsugi/contracts'
import { enqueue, fillPlace, hurryPlace, keepPlace, type Queue, release } from './order.ts'

/** One line of the story of a call, before it is laid out for a terminal. */
export type StoryLine = {
  /** Ms since the call began. */
  ms: number
  who: 'call' | 'caller' | 'assistant' | 'tool' | 'trouble'
  text: string
  /** Small print behind it: timings, how it ended. */
  note?: string
}

/** What has to be remembered from one fact to tell the next. */
export type Story = {
  /** When the call began, ms since the epoch. */
  began: number | null
  seen: ReadonlySet<string>
  queue: Queue
  /** When each turn began, ms since the call began. */
  turns: ReadonlyMap<string, number>
  /** The caller's turns that cut the assistant off. */
  bargedIn: ReadonlySet<string>
  /** The assistant's turn that was cut off by a caller's turn which is not known yet. */
  cutOff: boolean
  /** The caller's newest turn, while the assistant's is not over. */
  callerTurn: string | null
}

export const emptyStory: Story = {
  began: null,
  seen: new Set(),
  queue: [],
  turns: new Map(),
  bargedIn: new Set(),
  cutOff: false,
  callerTurn: null,
}

/** How long the lines behind a turn wait: for its end, and after that for its words. */
const TURN_MS = 20_000
const WORDS_MS = 4_000

/**
 * Tells one fact: the story with it, and the lines that can be shown now. Lines come in the order in which things
 * began. A repeated fact adds nothing.
 */
export function tell(story: Story, envelope: Envelope): { story: Story; lines: StoryLine[] } {
  if (story.seen.has(envelope.id)) return { story, lines: [] }
  const at = Date.parse(envelope.time)
  const began = story.began ?? at
  const ms = Math.max(0, at - began)
  const fact = { type: envelope.type, data: envelope.data } as unknown as Fact
  const told = tellFact({ ...story, began, seen: new Set([...story.seen, envelope.id]) }, fact, ms)
  const { queue, lines } = release(told.queue, fact.type === 'call.ended' ? Number.POSITIVE_INFINITY : ms)
  return { story: { ...told, queue }, lines }
}

function tellFact(story: Story, fact: Fact, ms: number): Story {
  switch (fact.type) {
    case 'turn.started':
      return beginTurn(story, fact.data, ms)
    case 'turn.ended':
      return fact.data.by === 'caller' ? endCallerTurn(story, fact.data, ms) : endAnswer(story, fact.data, ms)
    case 'turn.transcribed':
      return callerSaid(story, fact.data.turnId, `「${fact.data.text}」`, ms)
    case 'turn.unheard-text':
      return callerSaid(story, fact.data.turnId, `(inaudible: ${fact.data.because})`, ms)
    default: {
      const line = plainLine(fact, ms)
      return line ? { ...story, queue: enqueue(story.queue, line) } : story
    }
  }
}

/** Facts that are told as they come. */
function plainLine(fact: Fact, ms: number): StoryLine | undefined {
  const line = (who: StoryLine['who'], text: string, note?: string): StoryLine =>
    note ? { ms, who, text, note } : { ms, who, text }
  switch (fact.type) {
    case 'call.started': {
      const { direction, from, to, mode, modeReason, degraded } = fact.data
      const way = direction === 'inbound' ? `${from ?? 'somebody'} calls ${to}` : `we call ${to}`
      return line('call', way, `${mode} mode, ${modeReason}${degraded ? ', degraded' : ''}`)
    }
    case 'stream.started':
      return line(
        'call',
        fact.data.epoch === 1 ? 'audio flows' : `audio flows again (stream ${fact.data.epoch})`,
      )
    case 'session.opened': {
      const { model, openMs, warm, minimal } = fact.data
      const how = `after ${openMs} ms${warm ? ', warm' : ''}${minimal ? ', with a minimal plan' : ''}`
      return line('call', `the voice ${model} is ready`, how)
    }
    case 'session.lost':
      return line('trouble', `the model's socket was lost (${fact.data.code})`)
    case 'greeting.started': {
      const { sinceStartMs, modelMs } = fact.data
      return line('call', 'the greeting begins', `${sinceStartMs} ms after the stream, model ${modelMs} ms`)
    }
    case 'tool.called':
      return line('tool', `${fact.data.name} ${shorten(fact.data.arguments)}`)
    case 'tool.answered':
      return line('tool', `${fact.data.name} → ${fact.data.outcome}`, `after ${fact.data.ms} ms`)
    case 'call.apologised':
      return line('trouble', `nobody could serve the call: ${fact.data.because}`)
    case 'message.taken':
      return line('call', 'a message was taken', fact.data.form)
    case 'stream.ended':
      return fact.data.because === 'lost' ? line('trouble', 'the stream was lost') : undefined
    case 'call.ended': {
      const { endReason, blame, durationMs } = fact.data
      const whose = blame === 'nobody' ? '' : `, blame: ${blame}`
      return line('call', `the call is over: ${endReason}${whose}`, seconds(durationMs))
    }
    case 'transcript.completed': {
      const { utterances, complete, missing } = fact.data
      return line(
        'call',
        `written down: ${utterances} utterances`,
        complete ? 'complete' : `${missing.length} missing`,
      )
    }
    default:
      return undefined
  }
}

function beginTurn(story: Story, turn: FactData<'turn.started'>, ms: number): Story {
  const next: Story = {
    ...story,
    turns: new Map([...story.turns, [turn.turnId, ms]]),
    queue: keepPlace(story.queue, turn.turnId, ms + TURN_MS),
  }
  if (turn.by === 'assistant') return { ...next, callerTurn: null }
  if (!story.cutOff) return { ...next, callerTurn: turn.turnId }
  return { ...next, cutOff: false, bargedIn: new Set([...story.bargedIn, turn.turnId]) }
}

function endAnswer(story: Story, turn: FactData<'turn.ended'>, ms: number): Story {
  const notes = [
    turn.interrupted ? `cut off by the caller after ${seconds(turn.heardMs ?? 0)}` : undefined,
    turn.responseMs === null ? undefined : `answered after ${turn.responseMs} ms`,
    turn.ourShareMs === null ? undefined : `ours ${turn.ourShareMs} ms`,
  ].filter((note) => note !== undefined)
  const line: StoryLine = {
    ms: story.turns.get(turn.turnId) ?? ms,
    who: 'assistant',
    text: turn.interrupted ? `「${turn.text ?? ''}—」` : `「${turn.text ?? ''}」`,
    ...(notes.length > 0 ? { note: notes.join(', ') } : {}),
  }
  const next = { ...story, queue: fillPlace(story.queue, turn.turnId, line) }
  if (!turn.interrupted) return next
  // The facts of the two sides may come in either order.
  const { callerTurn } = story
  if (callerTurn === null) return { ...next, cutOff: true }
  return { ...next, callerTurn: null, bargedIn: new Set([...story.bargedIn, callerTurn]) }
}

function endCallerTurn(story: Story, turn: FactData<'turn.ended'>, ms: number): Story {
  if (turn.text === null) return { ...story, queue: hurryPlace(story.queue, turn.turnId, ms + WORDS_MS) }
  const text = turn.form === 'keys' ? `presses ${turn.text}` : `「${turn.text}」`
  return callerSaid(story, turn.turnId, text, ms)
}

function callerSaid(story: Story, turnId: string, text: string, ms: number): Story {
  const line: StoryLine = { ms: story.turns.get(turnId) ?? ms, who: 'caller', text }
  const told = story.bargedIn.has(turnId) ? { ...line, note: 'barges in' } : line
  return { ...story, queue: fillPlace(story.queue, turnId, told) }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}
