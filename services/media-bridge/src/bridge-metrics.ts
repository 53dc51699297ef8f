import type { Metrics } from '@toritsugi/service-kit'
import { Counter, Gauge, Histogram } from 'prom-client'

/** What is counted for all calls of the pod. Plain numbers: some of them are raised for every frame. */
export type BridgeCounts = {
  framesIn: number
  framesOut: number
  silenceMs: number
  marksEchoed: number
  marksIgnored: number
  marksGivenUp: number
  clears: number
  truncates: number
  /** Audio that was thrown away, by why. */
  dropped: Record<DropCause, number>
  /** What a stream's socket sent that it should not have, by what. */
  bad: Record<BadInput, number>
  /** Streams and upgrades that were turned away, by why. */
  refused: Record<RefusedBecause, number>
  modelEventsMalformed: number
  modelEventsUnused: number
  modelErrors: number
  sessionsOpened: number
  sessionsLost: number
  factsDropped: number
}

export type DropCause =
  | 'caller-kept-too-long'
  | 'model-not-reading'
  | 'carrier-not-reading'
  | 'late-delta'
  | 'muted'
  | 'no-carrier'

export type BadInput =
  | 'not-json'
  | 'binary'
  | 'unknown-event'
  | 'wrong-stream'
  | 'before-start'
  | 'second-start'
  | 'bad-payload'
  | 'bad-shape'
  | 'too-large'
  | 'protocol'

export type RefusedBecause =
  | 'path'
  | 'signature'
  | 'full'
  | 'stopping'
  | 'no-start'
  | 'token-missing'
  | 'token-invalid'
  | 'token-expired'
  | 'token-used'
  | 'token-of-another-call'
  | 'stale-epoch'

const zeros = <Key extends string>(...keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>

export const newCounts = (): BridgeCounts => ({
  framesIn: 0,
  framesOut: 0,
  silenceMs: 0,
  marksEchoed: 0,
  marksIgnored: 0,
  marksGivenUp: 0,
  clears: 0,
  truncates: 0,
  dropped: zeros(
    'caller-kept-too-long',
    'model-not-reading',
    'carrier-not-reading',
    'late-delta',
    'muted',
    'no-carrier',
  ),
  bad: zeros(
    'not-json',
    'binary',
    'unknown-event',
    'wrong-stream',
    'before-start',
    'second-start',
    'bad-payload',
    'bad-shape',
    'too-large',
    'protocol',
  ),
  refused: zeros(
    'path',
    'signature',
    'full',
    'stopping',
    'no-start',
    'token-missing',
    'token-invalid',
    'token-expired',
    'token-used',
    'token-of-another-call',
    'stale-epoch',
  ),
  modelEventsMalformed: 0,
  modelEventsUnused: 0,
  modelErrors: 0,
  sessionsOpened: 0,
  sessionsLost: 0,
  factsDropped: 0,
})

/** Lengths of time that are told once per event, ms. */
export type BridgeTimes = {
  response(ms: number, ourShareMs: number): void
  greeting(ms: number, modelMs: number): void
  /** `speech_started` in → `clear` out. */
  clear(ms: number): void
  sessionOpen(ms: number): void
}

export type BridgeGauges = { calls(): number; spoolDepth(): number; warmSockets(): number; batch(): number }

/** Shows counts and gauges when they are asked for; the counts themselves cost an addition. */
export function bridgeMetrics(
  { registry }: Metrics,
  counts: BridgeCounts,
  gauges: BridgeGauges,
): BridgeTimes {
  const registers = [registry]
  const counter = (name: string, help: string, value: () => number) =>
    new Counter({
      name: `toritsugi_bridge_${name}_total`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  const counterBy = (name: string, help: string, values: () => Readonly<Record<string, number>>) =>
    new Counter({
      name: `toritsugi_bridge_${name}_total`,
      help,
      labelNames: ['why'],
      registers,
      collect() {
        this.reset()
        for (const [why, value] of Object.entries(values())) this.inc({ why }, value)
      },
    })
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `toritsugi_bridge_${name}`,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `toritsugi_bridge_${name}_ms`, help, buckets, registers })

  counter('frames_in', 'Frames of callers that were taken', () => counts.framesIn)
  counter('frames_out', 'Pieces of assistant audio that were sent to carriers', () => counts.framesOut)
  counter('silence_ms', 'Silence given to the model where the carrier left audio out', () => counts.silenceMs)
  counter('marks_echoed', 'Marks that came back', () => counts.marksEchoed)
  counter('marks_ignored', 'Marks that said nothing: cleared, repeated, not ours', () => counts.marksIgnored)
  counter('marks_given_up', 'Times that marks were taken for lost', () => counts.marksGivenUp)
  counter('clears', 'Barge-ins that threw queued audio away', () => counts.clears)
  counter('truncates', 'Items cut at the model', () => counts.truncates)
  counterBy('dropped', 'Audio thrown away', () => counts.dropped)
  counterBy('bad_input', 'What stream sockets sent that they should not have', () => counts.bad)
  counterBy('refused', 'Streams and upgrades turned away', () => counts.refused)
  counter(
    'model_events_malformed',
    'Events of the model that could not be read',
    () => counts.modelEventsMalformed,
  )
  counter(
    'model_events_unused',
    'Events of the model that are of no use here',
    () => counts.modelEventsUnused,
  )
  counter('model_errors', 'Errors of the model that were no harmless race', () => counts.modelErrors)
  counter('sessions_opened', 'Sessions that were configured', () => counts.sessionsOpened)
  counter('sessions_lost', 'Sessions that dropped or were refused', () => counts.sessionsLost)
  counter('facts_dropped', 'Facts that could not be kept until the bus took them', () => counts.factsDropped)
  gauge('calls', 'Calls held', gauges.calls)
  gauge('spool_depth', 'Facts waiting for the bus', gauges.spoolDepth)
  gauge('warm_sockets', 'Sockets to the model kept ready', gauges.warmSockets)
  gauge('appends_per_write', 'Frames written to the model at once', gauges.batch)
  const response = histogram(
    'response',
    'Caller stopped, as the model heard it, to first audio of the answer out',
    [100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 10_000],
  )
  const share = histogram(
    'our_share',
    'The part of a response that was not the model’s',
    [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 5000],
  )
  const greeting = histogram(
    'greeting',
    'Stream start to first audio of the greeting out',
    [50, 100, 150, 250, 500, 1000, 2000, 5000],
  )
  const greetingOwn = histogram(
    'greeting_own',
    'The same, less the model’s own time',
    [10, 25, 50, 100, 150, 250, 500, 1000, 5000],
  )
  const clear = histogram('clear', 'Caller speaks to clear out', [0.1, 0.2, 0.5, 0.7, 1, 2, 4, 10, 50])
  const open = histogram(
    'session_open',
    'Session asked for to session configured',
    [50, 100, 200, 500, 1000, 2000, 5000],
  )
  return {
    response(ms, ourShareMs) {
      response.observe(ms)
      share.observe(ourShareMs)
    },
    greeting(ms, modelMs) {
      greeting.observe(ms)
      greetingOwn.observe(Math.max(0, ms - modelMs))
    },
    clear: (ms) => clear.observe(ms),
    sessionOpen: (ms) => open.observe(ms),
  }
}
