import type { CallId, OpenReply } from '@toritsugi/contracts'
import type { Logger } from '@toritsugi/service-kit'
import type { Facts } from './bridge-events.ts'
import type { CallerAudio } from './caller-audio.ts'
import { conversation } from './conversation.ts'
import type { Conversation, ConversationParts } from './conversation-ports.ts'
import { dialogueRecord } from './core/dialogue-record.ts'
import type { Stream, StreamEvent } from './core/stream.ts'
import type { StreamClock } from './core/stream-clock.ts'
import { type ModelLink, modelLink } from './model-link.ts'
import type { RelayParts } from './relay-ports.ts'

/**
 * The model's side of a stream: one dialogue, and the sessions it is held over. Tells the stream's machine what
 * comes of them.
 */
export function modelSide(
  parts: Pick<RelayParts, 'bus' | 'pool' | 'sessionTimeoutMs' | 'counts' | 'times'> & {
    callId: CallId
    epoch: number
    opened: OpenReply
    clock: StreamClock
    audio: CallerAudio
    carrier: ConversationParts['carrier']
    facts: Facts
    log: Logger
    /** When the stream began, monotonic ms. */
    startedAt: number
    stream: { is(): Stream['is']; step(event: StreamEvent): void; broke(error: unknown): void }
  },
): { talk: Conversation; model: ModelLink } {
  const { callId, epoch, clock, audio, carrier, bus, counts, times, facts, log, stream } = parts
  const { plan, dialogue } = parts.opened

  const talk = conversation({
    callId,
    epoch,
    plan,
    dialogue: dialogueRecord(dialogue),
    clock,
    callerAudio: audio,
    carrier,
    bus,
    facts,
    counts,
    times,
    log,
    ears: {
      greetingStarted(modelMs) {
        const sinceStartMs = Math.round(performance.now() - parts.startedAt)
        times.greeting(sinceStartMs, modelMs)
        facts.publish('greeting.started', { epoch, sinceStartMs, modelMs })
      },
      endWanted(intent, farewell) {
        if (stream.is() !== 'flowing') return
        stream.step({ type: 'end.wanted', intent, farewell: farewell === 'said' ? 'said' : 'say' })
        if (farewell !== 'said') talk.sayGoodbye(farewell.words)
      },
      farewellSpoken: () => stream.step({ type: 'farewell.spoken' }),
      sessionBroken: (code, again) => model.broken(code, again),
    },
  })
  const model = modelLink({
    epoch,
    plan,
    pool: parts.pool,
    sessionTimeoutMs: parts.sessionTimeoutMs,
    facts,
    counts,
    times,
    log,
    ears: {
      ready(socket, session, how) {
        stream.step({ type: 'session.ready' })
        talk.begin(socket, session, how)
        audio.connect(socket)
      },
      message: talk.message,
      broke: stream.broke,
      lost() {
        audio.disconnect()
        talk.sessionLost('session-lost')
        if (stream.is() === 'draining') stream.step({ type: 'drained' })
        else if (stream.is() === 'saying-goodbye') stream.step({ type: 'farewell.spoken' })
        return stream.is() === 'flowing'
      },
      givenUp: (intent) => stream.step({ type: 'given-up', intent }),
    },
  })
  return { talk, model }
}
