import type { AssistantId, CallId, LegId, MessageId } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { type Call, type CallCommand, type CallEvent, type Planned, receiveCall, stepCall } from './call.ts'

const t0 = Date.parse('2026-11-21T05:00:00.000Z')
/** The instant so many seconds after the call came in. */
const at = (s: number) => new Date(t0 + s * 1000).toISOString()

const fresh = receiveCall({
  id: `call_${'0a'.repeat(16)}` as CallId,
  direction: 'inbound',
  carrierCallId: `CA${'1b'.repeat(16)}`,
  from: '+81••••••••78',
  to: '+81••••••••00',
  contactId: null,
  legId: `leg_${'2c'.repeat(16)}` as LegId,
  startedAt: at(0),
})
const realtime: Planned = {
  mode: 'realtime',
  modeReason: 'default',
  assistantId: `asst_${'3d'.repeat(16)}` as AssistantId,
  language: 'ja-JP',
  apology: '申し訳ございません。',
}
const messageId = `msg_${'4e'.repeat(16)}` as MessageId

const planned = (s = 0.1, plan = realtime): CallEvent => ({
  type: 'call.planned',
  at: at(s),
  planned: plan,
  degraded: false,
})
const asks = (
  s: number,
  epoch: number | null,
  more: { status?: 'ringing' | 'in-progress' | 'completed'; room?: boolean } = {},
): CallEvent => ({
  type: 'document.asked',
  at: at(s),
  epoch,
  carrierStatus: more.status ?? (epoch === 0 ? 'ringing' : 'in-progress'),
  room: more.room ?? true,
})
const given = (s: number, epoch: number): CallEvent => ({
  type: 'document.given',
  at: at(s),
  next: { give: 'stream', because: 'stream-lost' },
  epoch,
  carrierStatus: 'in-progress',
})
const started = (s: number, epoch: number): CallEvent => ({ type: 'stream.started', at: at(s), epoch })
const over = (
  s: number,
  epoch: number,
  because: Extract<CallEvent, { type: 'stream.over' }>['because'] = 'lost',
): CallEvent => ({
  type: 'stream.over',
  at: at(s),
  epoch,
  because,
})
const intends = (
  s: number,
  epoch: number,
  what: Extract<CallEvent, { type: 'intent.asked' }>['what'],
  reason = 'assistant-ended',
): CallEvent => ({
  type: 'intent.asked',
  at: at(s),
  epoch,
  what,
  reason,
})
const says = (
  s: number,
  status: Extract<CallEvent, { type: 'carrier.said' }>['status'],
  talkedMs: number | null = null,
): CallEvent => ({
  type: 'carrier.said',
  at: at(s),
  status,
  talkedMs,
})
const recorded = (s: number): CallEvent => ({
  type: 'message.recorded',
  at: at(s),
  messageId,
  carrierRecordingId: `RE${'5f'.repeat(16)}`,
  durationMs: 4000,
})
const rescueDue = (s: number, epoch: number): CallEvent => ({ type: 'rescue.due', at: at(s), epoch })
const checkupDue = (s: number, held: boolean, repeats = true): CallEvent => ({
  type: 'checkup.due',
  at: at(s),
  held,
  repeats,
})
const inProgress = (s: number, held = false): CallEvent => ({ type: 'checkup.answered', at: at(s), held })

/** A command in a few words. */
function brief(command: CallCommand): string {
  switch (command.do) {
    case 'tell':
      return command.type
    case 'answer':
      return 'because' in command.next
        ? `${command.next.give} ${command.epoch}: ${command.next.because}`
        : command.next.give
    case 'wake':
      return `wake ${command.kind} at ${(Date.parse(command.at) - t0) / 1000}`
    case 'redirect':
      return `redirect ${command.epoch}`
    default:
      return command.do
  }
}

/** Plays events; what the last one caused, and where the call is then. */
function play(events: readonly CallEvent[]): {
  call: Call
  did: string[]
  refused: string | undefined
  all: string[]
} {
  let call: Call = fresh
  let last: ReturnType<typeof stepCall> = { state: call, commands: [] }
  const all: string[] = []
  for (const event of events) {
    last = stepCall(call, event)
    call = last.state
    all.push(...last.commands.map(brief))
  }
  return { call, did: last.commands.map(brief), refused: last.refused, all }
}

const flowing = [planned(), asks(0.2, 0), started(1, 1)]
const ended = [...flowing, says(30, 'completed', 29_000)]

describe('what an event causes', () => {
  it.each<[string, CallEvent[], string, string[]]>([
    ['a plan starts the call', [planned()], 'ringing', ['call.started', 'wake checkup at 60.1']],
    ['a second plan does not', [planned(), planned(0.2)], 'ringing', []],
    ['a plan for a call that is over', [...ended, planned(31)], 'ended', []],

    [
      'the first document is a stream',
      [planned(), asks(0.2, 0)],
      'ringing',
      ['stream.offered', 'stream 1: call-came-in'],
    ],
    ['no plan: apology', [asks(0.2, 0)], 'ringing', ['call.apologised', 'apology 0: no-plan']],
    [
      'mode message: apology',
      [planned(0.1, { ...realtime, mode: 'message' }), asks(0.2, 0)],
      'ringing',
      ['call.apologised', 'apology 0: default'],
    ],
    [
      'mode conference is not to be had yet',
      [planned(0.1, { ...realtime, mode: 'conference' }), asks(0.2, 0)],
      'ringing',
      ['call.apologised', 'apology 0: conference-not-available'],
    ],
    [
      'no free place: spoken refusal',
      [planned(), asks(0.2, 0, { room: false })],
      'ringing',
      ['call.apologised', 'refusal 0: no-capacity'],
    ],
    [
      'a document asked with a terminal status ends the call',
      [planned(), asks(0.2, 0, { status: 'completed' })],
      'ended',
      ['leg.ended', 'call.ended', 'nothing'],
    ],

    ['the stream answers the leg', flowing, 'in-progress', ['leg.answered']],
    ['a repeated start', [...flowing, started(1.5, 1)], 'in-progress', []],
    ['a start after the end of the call', [...ended, started(31, 1)], 'ended', []],
    [
      'the carrier says in-progress first',
      [planned(), asks(0.2, 0), says(0.5, 'in-progress'), started(1, 1)],
      'in-progress',
      [],
    ],
    [
      'statuses before the answer change nothing',
      [planned(), says(0.1, 'ringing'), says(0.1, 'queued'), says(0.1, 'initiated')],
      'ringing',
      [],
    ],

    [
      'a lost stream must be asked about within 1 s',
      [...flowing, over(10, 1)],
      'in-progress',
      ['wake rescue at 11'],
    ],
    ['a broken pod likewise', [...flowing, over(10, 1, 'pod-lost')], 'in-progress', ['wake rescue at 11']],
    [
      'a stream error of the carrier likewise',
      [...flowing, over(10, 1, 'carrier-error')],
      'in-progress',
      ['wake rescue at 11'],
    ],
    ['a meant end gets 3 s', [...flowing, over(10, 1, 'closed')], 'in-progress', ['wake rescue at 13']],
    ['a stop is asked about', [...flowing, over(10, 1, 'stop')], 'in-progress', ['wake checkup at 13']],
    ['a superseded stream needs nothing', [...flowing, over(10, 1, 'superseded')], 'in-progress', []],
    ['an end reported twice', [...flowing, over(10, 1), over(10.1, 1, 'carrier-error')], 'in-progress', []],
    [
      'an end that overtook its start',
      [planned(), asks(0.2, 0), over(1, 1)],
      'ringing',
      ['wake rescue at 2'],
    ],
    ['an end after the end of the call', [...ended, over(31, 1)], 'ended', []],
    ['the end of an older stream', [...flowing, asks(20, 1), over(21, 1)], 'in-progress', []],
    [
      'the end of a stream nobody knows any more',
      [...flowing, asks(20, 1), over(21, 1), over(22, 1)],
      'in-progress',
      [],
    ],

    [
      'lost: the next stream',
      [...flowing, over(10, 1), asks(10.2, 1)],
      'in-progress',
      ['stream.offered', 'stream 2: stream-lost'],
    ],
    [
      'lost, and nobody said so',
      [...flowing, asks(10.2, 1)],
      'in-progress',
      ['stream.offered', 'stream 2: stream-lost'],
    ],
    [
      'never started: tried again',
      [planned(), asks(0.2, 0), asks(1, 1)],
      'in-progress',
      ['leg.answered', 'stream.offered', 'stream 2: retried'],
    ],
    [
      'moved',
      [...flowing, intends(20, 1, 'move'), asks(21, 1)],
      'in-progress',
      ['stream.offered', 'stream 2: moved'],
    ],
    [
      'an intent of an older stream does not count',
      [...flowing, intends(20, 1, 'move'), asks(21, 1), asks(40, 2)],
      'in-progress',
      ['stream.offered', 'stream 3: retried'],
    ],
    [
      'two short streams in a row',
      [
        planned(),
        asks(0.2, 0),
        started(1, 1),
        over(2, 1),
        asks(2.1, 1),
        started(3, 2),
        over(4, 2),
        asks(4.1, 2),
      ],
      'in-progress',
      ['call.apologised', 'apology 2: streams-keep-failing'],
    ],
    [
      'two refusals',
      [planned(), asks(0.2, 0), over(1, 1, 'refused'), asks(1.1, 1), over(2, 2, 'refused'), asks(2.1, 2)],
      'in-progress',
      ['call.apologised', 'apology 2: streams-keep-failing'],
    ],
    [
      'a long one between short ones',
      [...flowing, asks(10, 1), started(11, 2), asks(12, 2)],
      'in-progress',
      ['stream.offered', 'stream 3: stream-lost'],
    ],
    [
      'a fourth within a minute',
      [...flowing, asks(10, 1), started(11, 2), asks(20, 2), started(21, 3), asks(30, 3)],
      'in-progress',
      ['call.apologised', 'apology 3: streams-keep-failing'],
    ],
    [
      'a fourth after a minute',
      [...flowing, asks(10, 1), started(11, 2), asks(20, 2), started(21, 3), asks(80, 3)],
      'in-progress',
      ['stream.offered', 'stream 4: stream-lost'],
    ],
    [
      'no place left for the next one',
      [...flowing, over(10, 1), asks(11, 1, { room: false })],
      'in-progress',
      ['call.apologised', 'apology 1: no-capacity'],
    ],
    [
      'a stream this row never heard of',
      [planned(), asks(30, 4)],
      'in-progress',
      ['leg.answered', 'stream.offered', 'stream 5: retried'],
    ],
    [
      'asked without an epoch: after the newest',
      [...flowing, asks(10, null)],
      'in-progress',
      ['stream.offered', 'stream 2: stream-lost'],
    ],

    [
      'a document given while the row was out of reach',
      [...flowing, given(10, 2)],
      'in-progress',
      ['stream.offered', 'stream 2: stream-lost'],
    ],
    ['one that the row knows of', [...flowing, asks(10, 1), given(10, 2)], 'in-progress', []],
    [
      'one that is further than the row',
      [planned(), given(10, 3)],
      'in-progress',
      ['leg.answered', 'stream.offered', 'stream 3: stream-lost'],
    ],
    ['one of a call that is over', [...ended, given(31, 2)], 'ended', []],

    ['the intent to end', [...flowing, intends(20, 1, 'end')], 'in-progress', ['call.intended']],
    ['the same again', [...flowing, intends(20, 1, 'end'), intends(21, 1, 'end')], 'in-progress', []],
    [
      'a change of mind',
      [...flowing, intends(20, 1, 'move'), intends(21, 1, 'end')],
      'in-progress',
      ['call.intended'],
    ],
    ['then hang up', [...flowing, intends(20, 1, 'end'), asks(21, 1)], 'in-progress', ['hang-up']],
    [
      'as often as it is asked',
      [...flowing, intends(20, 1, 'end'), asks(21, 1), asks(22, 1)],
      'in-progress',
      ['hang-up'],
    ],
    [
      'conference is not to be had yet',
      [...flowing, intends(20, 1, 'conference'), asks(21, 1)],
      'in-progress',
      ['call.apologised', 'apology 1: conference-not-available'],
    ],
    [
      'handoff is not to be had yet',
      [...flowing, intends(20, 1, 'handoff'), asks(21, 1)],
      'in-progress',
      ['call.apologised', 'apology 1: handoff-not-available'],
    ],
    [
      'after the apology nothing more is said',
      [asks(0.2, 0), asks(5, 0, { status: 'in-progress' })],
      'in-progress',
      ['leg.answered', 'hang-up'],
    ],

    ['a recorded message', [asks(0.2, 0), recorded(9)], 'ringing', ['message.taken']],
    [
      'a dictated one',
      [...flowing, { type: 'message.dictated', at: at(9), messageId, text: '折り返してください。' }],
      'in-progress',
      ['message.taken'],
    ],
    [
      'one dictated just before the end, told after it',
      [...ended, { type: 'message.dictated', at: at(31), messageId, text: 'x' }],
      'ended',
      ['message.taken'],
    ],

    [
      'over while a message is being recorded: it may still come',
      [asks(0.2, 0), says(9, 'completed')],
      'ringing',
      ['wake ending at 12'],
    ],
    ['the same said twice', [asks(0.2, 0), says(9, 'completed'), says(9, 'completed')], 'ringing', []],
    [
      'and it comes',
      [asks(0.2, 0), says(9, 'completed', 8000), recorded(10)],
      'ended',
      ['message.taken', 'call.started', 'leg.ended', 'call.ended'],
    ],
    [
      'or not',
      [asks(0.2, 0), says(9, 'completed'), { type: 'ending.due', at: at(12) }],
      'ended',
      ['call.started', 'leg.ended', 'call.ended'],
    ],
    ['a late end of a call that ended', [...ended, { type: 'ending.due', at: at(40) }], 'ended', []],

    ['completed', ended, 'ended', ['leg.ended', 'call.ended']],
    ['completed again', [...ended, says(31, 'completed')], 'ended', []],
    ['a late in-progress', [...ended, says(31, 'in-progress')], 'ended', []],
    [
      'completed before anything else',
      [says(2, 'completed', 1000)],
      'ended',
      ['call.started', 'leg.ended', 'call.ended'],
    ],
    ['asked after the end', [...ended, asks(31, 1)], 'ended', ['nothing']],
    [
      'gone at the carrier',
      [...flowing, { type: 'carrier.forgot', at: at(90) }],
      'ended',
      ['leg.ended', 'call.ended'],
    ],

    [
      'not asked within 1 s: redirect',
      [...flowing, over(10, 1), rescueDue(11, 1)],
      'in-progress',
      ['redirect 1', 'wake rescue at 16'],
    ],
    ['asked in time', [...flowing, over(10, 1), asks(10.5, 1), rescueDue(11, 1)], 'in-progress', []],
    [
      'asked in time, and told to hang up',
      [...flowing, intends(9, 1, 'end'), over(10, 1), asks(10.5, 1), rescueDue(11, 1)],
      'in-progress',
      [],
    ],
    ['over in time', [...flowing, over(10, 1), says(10.5, 'completed'), rescueDue(11, 1)], 'ended', []],
    [
      'redirected three times in vain',
      [...flowing, over(10, 1), rescueDue(11, 1), rescueDue(16, 1), rescueDue(21, 1), rescueDue(26, 1)],
      'in-progress',
      ['hang-up'],
    ],
    [
      'a rescue of an older stream',
      [...flowing, over(10, 1), asks(10.5, 1), started(11, 2), over(30, 2), rescueDue(30.5, 1)],
      'in-progress',
      [],
    ],

    [
      'a check-up of a call that a pod holds',
      [...flowing, checkupDue(60, true)],
      'in-progress',
      ['wake checkup at 120'],
    ],
    [
      'of one that nobody holds',
      [...flowing, checkupDue(60, false)],
      'in-progress',
      ['ask-carrier', 'wake checkup at 120'],
    ],
    [
      'once only',
      [...flowing, over(10, 1, 'stop'), checkupDue(13, false, false)],
      'in-progress',
      ['ask-carrier'],
    ],
    ['after the end', [...ended, checkupDue(60, false)], 'ended', []],
    ['in progress, held', [...flowing, inProgress(60, true)], 'in-progress', []],
    ['in progress, not held: lost', [...flowing, inProgress(60)], 'in-progress', ['wake rescue at 60']],
    [
      'in progress, offered a moment ago',
      [planned(), asks(0.2, 0), inProgress(5)],
      'in-progress',
      ['leg.answered'],
    ],
    [
      'in progress after a stop: lost',
      [...flowing, over(10, 1, 'stop'), inProgress(13)],
      'in-progress',
      ['wake rescue at 13'],
    ],
    [
      'in progress while a message is recorded',
      [...flowing, intends(20, 1, 'conference'), asks(21, 1), inProgress(60)],
      'in-progress',
      [],
    ],
    [
      'in progress long after the farewell',
      [...flowing, intends(20, 1, 'end'), asks(21, 1), inProgress(60)],
      'in-progress',
      ['hang-up'],
    ],
    [
      'in progress just after it',
      [...flowing, intends(20, 1, 'end'), asks(21, 1), inProgress(30)],
      'in-progress',
      [],
    ],
  ])('%s', (_, events, is, did) => {
    const played = play(events)
    expect(played.did).toEqual(did)
    expect(played.call.is).toBe(is)
  })
})

describe('why a call ended', () => {
  it.each<[string, CallEvent[], string, string]>([
    ['hung up by the caller', ended, 'caller-hung-up', 'nobody'],
    [
      'ended by the assistant',
      [...flowing, intends(20, 1, 'end'), says(22, 'completed')],
      'assistant-ended',
      'nobody',
    ],
    [
      'ended because of silence',
      [...flowing, intends(20, 1, 'end', 'caller-silent'), says(22, 'completed')],
      'caller-silent',
      'nobody',
    ],
    [
      'ended for a reason not in the list',
      [...flowing, intends(20, 1, 'end', 'bored'), says(22, 'completed')],
      'assistant-ended',
      'nobody',
    ],
    ['answered by nobody here', [says(5, 'completed', 4000)], 'failed', 'us'],
    ['busy', [planned(), says(2, 'busy')], 'busy', 'nobody'],
    ['canceled while it rang', [planned(), says(2, 'canceled')], 'canceled', 'nobody'],
    ['no answer', [planned(), says(2, 'no-answer')], 'no-answer', 'nobody'],
    ['failed', [planned(), says(2, 'failed')], 'failed', 'carrier'],
    ['no capacity', [planned(), asks(0.2, 0, { room: false }), says(5, 'completed')], 'no-capacity', 'us'],
    [
      'sorry, and no message',
      [asks(0.2, 0), says(5, 'completed'), { type: 'ending.due', at: at(8) }],
      'failed',
      'us',
    ],
    [
      'sorry, and a message that came late',
      [asks(0.2, 0), says(12, 'completed'), recorded(13)],
      'message-taken',
      'us',
    ],
    ['sorry, and a message', [asks(0.2, 0), recorded(9), says(12, 'completed')], 'message-taken', 'us'],
    [
      'streams that keep failing',
      [
        planned(),
        asks(0.2, 0),
        asks(1, 1),
        asks(2, 2),
        says(9, 'completed'),
        { type: 'ending.due', at: at(12) },
      ],
      'failed',
      'unknown',
    ],
    [
      'forgotten by the carrier',
      [...flowing, { type: 'carrier.forgot', at: at(90) }],
      'carrier-lost',
      'carrier',
    ],
  ])('%s', (_, events, endReason, blame) => {
    expect(play(events).call).toMatchObject({ is: 'ended', endReason, blame })
  })
})

describe('requests that are refused', () => {
  it.each<[string, CallEvent[], string]>([
    ['an intent for an older stream', [...flowing, asks(10, 1), intends(11, 1, 'end')], 'call.stale-epoch'],
    ['an intent for a call that is over', [...ended, intends(31, 1, 'end')], 'call.already-ended'],
  ])('%s', (_, events, code) => {
    const played = play(events)
    expect(played.refused).toBe(code)
    expect(played.did).toEqual([])
  })
})

describe('times', () => {
  const told = (events: CallEvent[]) => {
    let call: Call = fresh
    let data: unknown
    for (const event of events) {
      const step = stepCall(call, event)
      call = step.state
      for (const command of step.commands) {
        if (command.do === 'tell' && command.type === 'call.ended') data = command.data
      }
    }
    return data
  }
  it.each<[string, CallEvent[], object]>([
    [
      'from the answer to the end',
      ended,
      { answeredAt: at(1), endedAt: at(30), durationMs: 29_000, streams: 1 },
    ],
    ['never answered', [planned(), says(4, 'canceled')], { answeredAt: null, durationMs: 0, streams: 0 }],
    [
      'the answer was never noticed, the carrier counted',
      [planned(), asks(0.2, 0), says(9, 'completed', 8000)],
      { answeredAt: at(1), durationMs: 8000 },
    ],
    [
      'an end that is earlier than the answer, by another clock',
      [...flowing, says(0.5, 'completed')],
      { durationMs: 0 },
    ],
  ])('%s', (_, events, expected) => {
    expect(told(events)).toMatchObject(expected)
  })
})

describe('whatever the order, the number and the loss of callbacks', () => {
  const story = [
    planned(),
    asks(0.2, 0),
    says(0.5, 'in-progress'),
    started(1, 1),
    over(10, 1),
    asks(10.5, 1),
    started(11, 2),
    intends(20, 2, 'end'),
    over(22, 2, 'closed'),
    asks(22.2, 2),
    says(23, 'completed', 22_000),
    says(24, 'completed', 22_000),
    says(2, 'ringing'),
    rescueDue(11, 1),
    rescueDue(25, 2),
    checkupDue(60, false),
  ]

  it('ends once', () => {
    let seed = 7
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed / 2147483648
    }
    for (let round = 0; round < 2000; round++) {
      const events = story
        .filter(() => random() > 0.2)
        .flatMap((event) => (random() > 0.8 ? [event, event] : [event]))
      for (let i = events.length - 1; i > 0; i--) {
        const j = Math.floor(random() * (i + 1))
        ;[events[i], events[j]] = [events[j] as CallEvent, events[i] as CallEvent]
      }
      const { call, all } = play([...events, { type: 'ending.due', at: at(40) }])
      const completed = events.some((event) => event.type === 'carrier.said' && event.status === 'completed')
      const count = (what: string) => all.filter((did) => did === what).length
      expect(call.is === 'ended').toBe(completed)
      expect(count('call.ended')).toBe(completed ? 1 : 0)
      expect(count('leg.ended')).toBe(completed ? 1 : 0)
      expect(count('call.started')).toBeLessThanOrEqual(1)
      expect(count('leg.answered')).toBeLessThanOrEqual(1)
      if (completed) expect(count('call.started')).toBe(1)
      const offered = all
        .filter((did) => did.startsWith('stream '))
        .map((did) => Number(did.split(/[ :]/)[1]))
      expect(offered).toEqual([...new Set(offered)].sort((a, b) => a - b))
    }
  })
})
