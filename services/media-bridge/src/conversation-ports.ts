import type { Bus } from '@toritsugi/bus'
import type { CallId, DialogueItem, SessionPlan, TurnId } from '@toritsugi/contracts'
import type { Mark } from '@toritsugi/realtime-protocol'
import type { Logger } from '@toritsugi/service-kit'
import type { Facts } from './bridge-events.ts'
import type { BridgeCounts, BridgeTimes } from './bridge-metrics.ts'
import type { CallerAudio } from './caller-audio.ts'
import type { DialogueRecord } from './core/dialogue-record.ts'
import type { Intent } from './core/stream.ts'
import type { StreamClock } from './core/stream-clock.ts'
import type { RealtimeSocket } from './realtime-socket.ts'

/** What a conversation asks of the stream it is held on. */
export type ConversationEars = {
  /** The first audio of the greeting left. @param modelMs the model's own part */
  greetingStarted(modelMs: number): void
  /** The assistant ends the call: after these words, or after what was said already. */
  endWanted(intent: Intent, farewell: { words: string } | 'said'): void
  farewellSpoken(): void
  /** The session is of no more use. @param again another one may do */
  sessionBroken(code: string, again: boolean): void
}

/** One dialogue between a caller and the model, over one or more sessions. */
export type Conversation = {
  /** A configured session is ready: tells it the dialogue so far and asks for the first words. */
  begin(
    socket: RealtimeSocket,
    session: number,
    how: { first: 'greeting' | 'bridging'; minimal: boolean },
  ): void
  /** One event of the model. */
  message(bytes: Buffer): void
  /** The session is lost; audio that is queued is still heard. */
  sessionLost(because: string): void
  mark(mark: Mark): void
  digit(digit: string): void
  tick(now: number): void
  /** From now on what is said is heard to its end. */
  protect(): void
  sayGoodbye(words: string): void
  /** Resolves with the ms that were heard of it; null when it could not be said. */
  say(text: string, interruptible: boolean): Promise<number | null>
  inject(item: DialogueItem, respond: boolean): void
  /** Nothing more is said. */
  mute(): void
  queuedMs(): number
  /** Everything that was sent has been heard. */
  isSilent(): boolean
  /** Nothing is being said by the model. */
  isIdle(): boolean
  /** The caller is gone: the model is asked for what it owes. */
  drain(): void
  /** True while a response or words of the caller are on their way. */
  owes(): boolean
  /** Ends every turn and gives up what is owed. @returns every turn of the stream */
  close(): TurnId[]
}

export type ConversationParts = {
  callId: CallId
  epoch: number
  plan: SessionPlan
  dialogue: DialogueRecord
  clock: StreamClock
  callerAudio: CallerAudio
  carrier: { send(source: Buffer, start: number, end: number, mark: Mark): void; clear(): void }
  bus: Pick<Bus, 'request' | 'publishLive'>
  facts: Facts
  counts: BridgeCounts
  times: BridgeTimes
  log: Logger
  ears: ConversationEars
}
