import type { Bus, Subscription } from '@toritsugi/bus'
import {
  type CallId,
  type EventId,
  epochOfSource,
  toolAnswered,
  toolCalled,
  turnEnded,
  turnStarted,
  turnTranscribed,
  turnUnheardText,
} from '@toritsugi/contracts'
import type { ToolFact, TurnFact } from './core/dialogue.ts'

/** A fact about a dialogue, with its place in the count of its stream. */
export type DialogueFact = { callId: CallId; eventId: EventId; sequence: number } & (TurnFact | ToolFact)

const channels = [turnStarted, turnEnded, turnTranscribed, turnUnheardText, toolCalled, toolAnswered] as const

/** The families these are in: when the last fact of each has been taken, the dialogue is up to date. */
export const dialogueFamilies = ['turn', 'tool'] as const

type Log = { warn(fields: object, message: string): void }

/**
 * Takes what was said off the bus, each fact once. Facts of an older stream land in their place whenever they
 * come; one whose source does not speak for its epoch is refused. Calls nobody asked a plan for are kept too:
 * the plan may have come from elsewhere while this service was away.
 */
export function consumeDialogueFacts(deps: {
  bus: Pick<Bus, 'on'>
  record(fact: DialogueFact): Promise<boolean>
  log: Log
}): Promise<Subscription> {
  const { bus, record, log } = deps
  return bus.on({
    durable: 'realtime-session-dialogue',
    channels,
    async handle({ subject, id, type, source, sequence, data }) {
      if (subject === undefined || epochOfSource(source) !== data.epoch) {
        log.warn({ callId: subject, event: type, eventId: id, source }, 'fact of another epoch refused')
        return
      }
      // Type and data belong together: the bus checked them by their channel.
      await record({ callId: subject, eventId: id, sequence, type, data } as DialogueFact)
    },
  })
}
