import { describe, expect, it } from 'vitest'
import { type CallerSilence, newSilence, type SilenceEvent, stepSilence } from './caller-silence.ts'
import { dialogueRecord, dialogueSoFar, keepPlace, writeDown } from './dialogue-record.ts'
import { type KeysEvent, noKeys, stepKeys } from './keys.ts'
import { type Batch, nextBatch } from './load.ts'
import { type Stream, type StreamCommand, type StreamEvent, stepStream } from './stream.ts'
import { noTools, stepTools, type ToolCall, type ToolCommand, type ToolEvent } from './tool-round.ts'
import { stepTurn, type Turn, type TurnEvent } from './turn.ts'

describe('whose turn it is', () => {
  const speech = (cut = false): TurnEvent => ({ type: 'speech.started', cut })
  const stopped = (at: number): TurnEvent => ({ type: 'speech.stopped', at })
  const audio = (at: number, receivedAt = at): TurnEvent => ({ type: 'first-audio', at, receivedAt })
  const stories: [string, TurnEvent[], Turn['is'], answered: [number, number] | null][] = [
    ['a greeting answers nobody', [audio(100)], 'speaking', null],
    ['an answer is measured', [speech(), stopped(1000), audio(1302, 1300)], 'speaking', [302, 2]],
    [
      'a tool is our part of it',
      [
        speech(),
        stopped(1000),
        { type: 'model.yielded', at: 1200 },
        { type: 'asked', at: 1700 },
        audio(2001, 2000),
      ],
      'speaking',
      [1001, 501],
    ],
    ['the caller goes on', [speech(), stopped(1000), speech()], 'hearing', null],
    ['a cut', [audio(0), speech(true)], 'interrupted', null],
    ['all was heard', [audio(0), { type: 'silent' }], 'listening', null],
    ['silence before an answer is not its end', [speech(), stopped(5), { type: 'silent' }], 'thinking', null],
    ['more audio is no new answer', [speech(), stopped(0), audio(100), audio(200)], 'speaking', [100, 0]],
    [
      'asking while the model thinks',
      [speech(), stopped(0), { type: 'asked', at: 50 }, audio(100)],
      'speaking',
      [100, 0],
    ],
    [
      'yielding when nobody waits',
      [
        { type: 'model.yielded', at: 1 },
        { type: 'asked', at: 2 },
      ],
      'listening',
      null,
    ],
  ]
  it.each(stories)('%s', (_story, events, is, answered) => {
    let turn: Turn = { is: 'listening' }
    let told: [number, number] | null = null
    for (const event of events) {
      const { state, commands } = stepTurn(turn, event)
      turn = state
      for (const { responseMs, ourShareMs } of commands) told = [responseMs, ourShareMs]
    }
    expect(turn.is).toBe(is)
    expect(told).toEqual(answered)
  })
})

describe('tools', () => {
  const call = (callId: string): ToolCall => ({ callId, name: 'look-up', arguments: '{}' })
  const called = (responseId: string, ids: string[], completed = true): ToolEvent => ({
    type: 'called',
    responseId,
    completed,
    calls: ids.map(call),
    at: 0,
  })
  const answered = (callId: string): ToolEvent => ({ type: 'answered', callId })
  const tick = (at: number): ToolEvent => ({ type: 'ticked', at, slowAfterMs: 1500 })
  const tell = (command: ToolCommand): string =>
    command.type === 'all-in'
      ? `all-in ${command.responseId}`
      : command.type === 'bridge'
        ? 'bridge'
        : `${command.type} ${command.call.callId}`
  const stories: [string, ToolEvent[], string[], running: number][] = [
    ['run once', [called('r1', ['a'])], ['run a'], 1],
    ['and only once, whatever is repeated', [called('r1', ['a', 'a']), called('r1', ['a'])], ['run a'], 1],
    [
      'the last result lets the model go on',
      [called('r1', ['a', 'b']), answered('b'), answered('a')],
      ['run a', 'run b', 'all-in r1'],
      0,
    ],
    [
      'results of two responses',
      [called('r1', ['a']), called('r2', ['b']), answered('b')],
      ['run a', 'run b', 'all-in r2'],
      1,
    ],
    ['of a response that was cut off are not run', [called('r1', ['a'], false)], ['answer-cancelled a'], 0],
    [
      'and are not run later either',
      [called('r1', ['a'], false), called('r1', ['a'])],
      ['answer-cancelled a'],
      0,
    ],
    [
      'slow ones are bridged, once',
      [called('r1', ['a', 'b']), tick(1499), tick(1500), tick(5000)],
      ['run a', 'run b', 'bridge'],
      2,
    ],
    ['an answer nobody waits for', [answered('x')], [], 0],
    ['abandoned', [called('r1', ['a']), { type: 'abandoned' }, answered('a')], ['run a'], 0],
  ]
  it.each(stories)('%s', (_story, events, said, running) => {
    let rounds = noTools()
    const told: string[] = []
    for (const event of events) {
      const { state, commands } = stepTools(rounds, event)
      rounds = state
      told.push(...commands.map(tell))
    }
    expect(told).toEqual(said)
    expect(rounds.running).toHaveLength(running)
  })
})

describe('a silent caller', () => {
  const tick = (at: number, since: number | null): SilenceEvent => ({
    type: 'ticked',
    at,
    since,
    repromptAfterMs: 8000,
    mostReprompts: 2,
  })
  const acted: SilenceEvent = { type: 'caller.acted' }
  const stories: [string, SilenceEvent[], string[]][] = [
    ['is not silent while somebody speaks', [tick(0, null), tick(60_000, null)], []],
    ['is asked again', [tick(7999, 0), tick(8000, 0)], ['reprompt']],
    [
      'is asked again twice, then given up',
      [tick(8000, 0), tick(20_000, 12_000), tick(40_000, 30_000)],
      ['reprompt', 'reprompt', 'give-up'],
    ],
    [
      'begins anew when they act',
      [tick(8000, 0), acted, tick(20_000, 12_000), tick(40_000, 30_000), tick(60_000, 50_000)],
      ['reprompt', 'reprompt', 'reprompt', 'give-up'],
    ],
    [
      'is counted from what was last heard',
      [tick(9000, 2000), tick(9999, 2000), tick(10_000, 2000)],
      ['reprompt'],
    ],
  ]
  it.each(stories)('%s', (_story, events, said) => {
    let silence: CallerSilence = newSilence()
    const told: string[] = []
    for (const event of events) {
      const { state, commands } = stepSilence(silence, event)
      silence = state
      told.push(...commands.map(({ type }) => type))
    }
    expect(told).toEqual(said)
  })
})

describe('keys', () => {
  const press = (digit: string, at: number): KeysEvent => ({ type: 'pressed', digit, at })
  const tick = (at: number): KeysEvent => ({ type: 'ticked', at })
  const stories: [string, KeysEvent[], string[]][] = [
    ['are one entry until a pause', [press('1', 0), press('2', 1000), tick(2499), tick(2500)], ['12 from 0']],
    ['end with #', [press('1', 0), press('#', 10), tick(9000)], ['1# from 0']],
    ['that are none are none', [press('x', 0), tick(9000)], []],
    ['begin anew after an entry', [press('#', 5), press('*', 700), tick(2200)], ['# from 5', '* from 700']],
    ['are bounded', Array.from({ length: 64 }, (_, n) => press('7', n)), [`${'7'.repeat(64)} from 0`]],
  ]
  it.each(stories)('%s', (_story, events, said) => {
    let keys = noKeys()
    const told: string[] = []
    for (const event of events) {
      const { state, commands } = stepKeys(keys, event)
      keys = state
      told.push(...commands.map((command) => `${command.keys} from ${command.firstAt}`))
    }
    expect(told).toEqual(said)
  })
})

describe('a stream', () => {
  const intent = { what: 'end', reason: 'assistant-ended' } as const
  const ready: StreamEvent = { type: 'session.ready' }
  const end = (farewell: 'say' | 'said'): StreamEvent => ({ type: 'end.wanted', intent, farewell })
  const tell = (command: StreamCommand): string => command.type
  const stories: [string, StreamEvent[], Stream['is'], string[]][] = [
    ['opens', [ready], 'flowing', []],
    ['is ready once', [ready, ready], 'flowing', []],
    [
      'says goodbye, plays it out, commits, closes',
      [ready, end('say'), { type: 'farewell.spoken' }, { type: 'played-out' }, { type: 'intent.settled' }],
      'closed',
      ['say-goodbye', 'watch-play-out', 'commit', 'close-carrier', 'finish'],
    ],
    [
      'asks for no second goodbye',
      [ready, end('said'), { type: 'played-out' }],
      'committing',
      ['watch-play-out', 'commit'],
    ],
    ['ends once', [ready, end('say'), end('say'), end('said')], 'saying-goodbye', ['say-goodbye']],
    ['does not end before it began', [end('say')], 'opening', []],
    [
      'waits for what is owed when the caller is gone',
      [ready, { type: 'carrier.stopped' }],
      'draining',
      ['drain'],
    ],
    [
      'is over when it came, and the closing of the socket changes nothing',
      [
        ready,
        { type: 'carrier.stopped' },
        { type: 'carrier.lost' },
        { type: 'drained' },
        { type: 'drained' },
      ],
      'closed',
      ['drain', 'finish'],
    ],
    ['is over at once without a session', [{ type: 'carrier.lost' }], 'closed', ['finish']],
    [
      'may lose its caller in the middle of a goodbye',
      [ready, end('say'), { type: 'carrier.lost' }],
      'draining',
      ['say-goodbye', 'drain'],
    ],
    [
      'may lose its caller while the intent is committed',
      [
        ready,
        end('said'),
        { type: 'played-out' },
        { type: 'carrier.stopped' },
        { type: 'intent.settled' },
        { type: 'drained' },
      ],
      'closed',
      ['watch-play-out', 'commit', 'drain', 'finish'],
    ],
    [
      'that cannot be served commits and closes',
      [{ type: 'given-up', intent }, { type: 'intent.settled' }],
      'closed',
      ['commit', 'close-carrier', 'finish'],
    ],
    [
      'that is given up in a goodbye keeps its intent',
      [ready, end('say'), { type: 'given-up', intent: { what: 'move', reason: 'x' } }],
      'committing',
      ['say-goodbye', 'commit'],
    ],
    ['is refused', [{ type: 'refused' }], 'closed', ['close-carrier', 'finish']],
    ['gives way to a newer one', [ready, { type: 'superseded' }], 'closed', ['close-carrier', 'finish']],
    ['ends with its pod', [ready, { type: 'pod.stopping' }], 'closed', ['close-carrier', 'finish']],
    [
      'says nothing when it is over',
      [{ type: 'refused' }, ready, end('say'), { type: 'carrier.lost' }, { type: 'superseded' }],
      'closed',
      ['close-carrier', 'finish'],
    ],
  ]
  it.each(stories)('%s', (_story, events, is, said) => {
    let stream: Stream = { is: 'opening' }
    const told: string[] = []
    for (const event of events) {
      const { state, commands } = stepStream(stream, event)
      stream = state
      told.push(...commands.map(tell))
    }
    expect(stream.is).toBe(is)
    expect(told).toEqual(said)
  })
})

describe('the dialogue as the bridge knows it', () => {
  it('keeps the places of words that come late', () => {
    const record = dialogueRecord([{ kind: 'assistant', text: 'Hello.' }])
    keepPlace(record, 'caller-1')
    writeDown(record, 'assistant-1', { kind: 'assistant', text: 'I see.' })
    keepPlace(record, 'caller-2')
    writeDown(record, 'caller-1', { kind: 'caller', text: 'Bread.' })
    expect(dialogueSoFar(record)).toEqual([
      { kind: 'assistant', text: 'Hello.' },
      { kind: 'caller', text: 'Bread.' },
      { kind: 'assistant', text: 'I see.' },
    ])
  })
  it('is bounded', () => {
    const record = dialogueRecord([])
    for (let n = 0; n < 1500; n++) writeDown(record, String(n), { kind: 'note', text: String(n) })
    expect(dialogueSoFar(record)).toHaveLength(1000)
    expect(dialogueSoFar(record)[0]).toEqual({ kind: 'note', text: '500' })
  })
})

describe('appends per write', () => {
  it.each<[Batch, number, Batch]>([
    [1, 0.5, 1],
    [1, 0.84, 1],
    [1, 0.9, 2],
    [2, 0.7, 2],
    [2, 0.96, 3],
    [3, 0.9, 3],
    [3, 0.7, 3],
    [3, 0.5, 2],
    [2, 0.5, 1],
  ])('%i at a utilisation of %d become %i', (current, utilisation, next) => {
    expect(nextBatch(current, utilisation)).toBe(next)
  })
})
