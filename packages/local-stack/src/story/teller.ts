import type { Envelope, Fact } from '@toritsugi/contracts'

/** One line of the story of a call, before it is laid out for a terminal. */
export type StoryLine = {
  /** Ms since the call began. */
  ms: number
  who: 'call' | 'caller' | 'assistant' | 'tool' | 'trouble'
  text: string
  /** Small print behind it: timings, how it ended. */
  note?: string
}

type Turn = { ms: number; interrupts: boolean }

/** What has to be remembered from one fact to tell the next. */
export type Story = {
  began: number | null
  seen: ReadonlySet<string>
  turns: ReadonlyMap<string, Turn>
  /** The assistant's turn that speaks at this moment: a caller who begins now interrupts it. */
  speaking: string | null
  microUsd: number
}

export const emptyStory: Story = {
  began: null,
  seen: new Set(),
  turns: new Map(),
  speaking: null,
  microUsd: 0,
}

/** Tells one fact: the story with it, and the lines it adds. A repeated fact adds nothing. */
export function tell(story: Story, envelope: Envelope): { story: Story; lines: StoryLine[] } {
  if (story.seen.has(envelope.id)) return { story, lines: [] }
  const at = Date.parse(envelope.time)
  const began = story.began ?? at
  const next: Story = { ...story, began, seen: new Set([...story.seen, envelope.id]) }
  return tellFact(
    next,
    { type: envelope.type, data: envelope.data } as unknown as Fact,
    Math.max(0, at - began),
  )
}

function tellFact(story: Story, fact: Fact, ms: number): { story: Story; lines: StoryLine[] } {
  const says = (
    who: StoryLine['who'],
    text: string,
    note?: string,
  ): { story: Story; lines: StoryLine[] } => ({
    story,
    lines: [note ? { ms, who, text, note } : { ms, who, text }],
  })
  switch (fact.type) {
    case 'call.started': {
      const { direction, from, to, mode, modeReason, degraded } = fact.data
      const way = direction === 'inbound' ? `${from ?? 'somebody'} calls ${to}` : `we call ${to}`
      return says('call', way, `${mode} mode, ${modeReason}${degraded ? ', degraded' : ''}`)
    }
    case 'stream.started':
      return says(
        'call',
        fact.data.epoch === 1 ? 'audio flows' : `audio flows again (stream ${fact.data.epoch})`,
      )
    case 'session.opened':
      return says(
        'call',
        `the voice ${fact.data.model} is ready`,
        `after ${fact.data.openMs} ms${fact.data.warm ? ', warm' : ''}${fact.data.minimal ? ', with a minimal plan' : ''}`,
      )
    case 'session.lost':
      return says('trouble', `the model's socket was lost (${fact.data.code})`)
    case 'greeting.started':
      return says(
        'call',
        'the greeting begins',
        `${fact.data.sinceStartMs} ms after the stream, model ${fact.data.modelMs} ms`,
      )
    case 'turn.started':
      return { story: beginTurn(story, fact.data, ms), lines: [] }
    case 'turn.ended':
      return endTurn(story, fact.data, ms)
    case 'turn.transcribed':
      return callerSaid(story, fact.data.turnId, quoted(fact.data.text), ms)
    case 'turn.unheard-text':
      return callerSaid(story, fact.data.turnId, `(inaudible: ${fact.data.because})`, ms)
    case 'tool.called':
      return says('tool', `${fact.data.name} ${shorten(fact.data.arguments)}`)
    case 'tool.answered':
      return says('tool', `${fact.data.name} → ${fact.data.outcome}`, `after ${fact.data.ms} ms`)
    case 'usage.priced':
      return { story: { ...story, microUsd: Math.max(story.microUsd, fact.data.callMicroUsd) }, lines: [] }
    case 'call.apologised':
      return says('trouble', `nobody could serve the call: ${fact.data.because}`)
    case 'message.taken':
      return says('call', 'a message was taken', fact.data.form)
    case 'stream.ended':
      return fact.data.because === 'lost' ? says('trouble', 'the stream was lost') : { story, lines: [] }
    case 'call.ended': {
      const { endReason, blame, durationMs } = fact.data
      const whose = blame === 'nobody' ? '' : `, blame: ${blame}`
      return says('call', `the call is over: ${endReason}${whose}`, `${(durationMs / 1000).toFixed(1)} s`)
    }
    case 'transcript.completed':
      return says(
        'call',
        `written down: ${fact.data.utterances} utterances`,
        fact.data.complete ? 'complete' : `${fact.data.missing.length} missing`,
      )
    default:
      return { story, lines: [] }
  }
}

function beginTurn(story: Story, turn: { turnId: string; by: string }, ms: number): Story {
  const turns = new Map(story.turns)
  turns.set(turn.turnId, { ms, interrupts: turn.by === 'caller' && story.speaking !== null })
  return { ...story, turns, speaking: turn.by === 'assistant' ? turn.turnId : story.speaking }
}

type TurnEnd = Extract<Fact, { type: 'turn.ended' }>['data']

function endTurn(story: Story, turn: TurnEnd, ms: number): { story: Story; lines: StoryLine[] } {
  const began = story.turns.get(turn.turnId)
  if (turn.by === 'caller') {
    // The words often come later; until then the turn is kept open.
    if (turn.text === null) return { story, lines: [] }
    const text = turn.form === 'keys' ? `presses ${turn.text}` : quoted(turn.text)
    return callerSaid(story, turn.turnId, text, ms)
  }
  const notes = [
    turn.interrupted ? `cut off by the caller after ${seconds(turn.heardMs ?? 0)}` : undefined,
    turn.responseMs === null ? undefined : `answered after ${turn.responseMs} ms`,
    turn.ourShareMs === null ? undefined : `ours ${turn.ourShareMs} ms`,
  ].filter((note) => note !== undefined)
  const text = turn.interrupted ? `${quoted(turn.text ?? '', '—')}` : quoted(turn.text ?? '')
  const line: StoryLine = { ms: began?.ms ?? ms, who: 'assistant', text }
  return {
    story: { ...story, speaking: story.speaking === turn.turnId ? null : story.speaking },
    lines: [notes.length > 0 ? { ...line, note: notes.join(', ') } : line],
  }
}

function callerSaid(
  story: Story,
  turnId: string,
  text: string,
  ms: number,
): { story: Story; lines: StoryLine[] } {
  const began = story.turns.get(turnId)
  const line: StoryLine = { ms: began?.ms ?? ms, who: 'caller', text }
  return { story, lines: [began?.interrupts ? { ...line, note: 'barges in' } : line] }
}

function quoted(text: string, end = ''): string {
  return `「${text}${end}」`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}
