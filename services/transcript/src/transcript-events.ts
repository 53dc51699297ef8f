import type { Arrival, Bus, Subscription } from '@toritsugi/bus'
import {
  callEnded,
  callStarted,
  type Envelope,
  epochOfSource,
  streamEnded,
  streamStarted,
  turnEnded,
  turnStarted,
  turnTranscribed,
  turnUnheardText,
} from '@toritsugi/contracts'

/** What the transcript is made of. */
const channels = [
  callStarted,
  callEnded,
  streamStarted,
  streamEnded,
  turnStarted,
  turnEnded,
  turnTranscribed,
  turnUnheardText,
] as const

type Log = { warn(fields: object, message: string): void }

/**
 * Takes facts off the bus, each once. No order is asked for: the machine gives the same transcript whatever the
 * order, so a fact that was held up is not lost to a later one.
 */
export function consumeTranscriptFacts(deps: {
  bus: Pick<Bus, 'on'>
  applyFact(envelope: Envelope): Promise<void>
  log: Log
}): Promise<Subscription> {
  const { bus, applyFact, log } = deps
  return bus.on({
    durable: 'transcript',
    channels,
    async handle(fact, _arrival: Arrival) {
      if (!speaksForItsEpoch(fact)) {
        const { id, type, source, subject } = fact
        log.warn({ callId: subject, event: type, eventId: id, source }, 'fact of another epoch refused')
        return
      }
      await applyFact(fact)
    },
  })
}

/** A stream's fact must be about the epoch its source speaks for; one source cannot write into another's stream. */
export function speaksForItsEpoch({ source, data }: { source: string; data: object }): boolean {
  const epoch = 'epoch' in data ? data.epoch : undefined
  return epoch === undefined || epochOfSource(source) === epoch
}
