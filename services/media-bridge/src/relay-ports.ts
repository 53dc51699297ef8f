import type { Bus } from '@toritsugi/bus'
import type { CallId, IntentKind } from '@toritsugi/contracts'
import type { Logger } from '@toritsugi/service-kit'
import type { Spool } from './bridge-events.ts'
import type { BridgeCounts, BridgeTimes } from './bridge-metrics.ts'
import type { Conversation } from './conversation-ports.ts'
import type { Batch } from './core/load.ts'
import type { PlanSource } from './plan-source.ts'
import type { SocketPool } from './socket-pool.ts'
import type { TokenChecker } from './stream-token.ts'

/** What every call of the pod is given. */
export type RelayParts = {
  podId: string
  bus: Pick<Bus, 'request' | 'publishLive'>
  tokens: TokenChecker
  plans: PlanSource
  pool: SocketPool
  spool: Spool
  counts: BridgeCounts
  times: BridgeTimes
  log: Logger
  startTimeoutMs: number
  sessionTimeoutMs: number
  batch(): Batch
  /** The token named this call and epoch: the pod makes room for it. @returns false when a newer one is here */
  claim(relay: Relay): boolean
  released(relay: Relay): void
}

/** One live call: the two sockets, and the machines between them. */
export type Relay = {
  readonly callId: CallId
  /** 0 until the token was read. */
  epoch(): number
  isOver(): boolean
  tick(now: number): void
  /** A newer stream of this call exists. */
  supersede(): void
  /** The pod's grace is over. */
  stop(): void
  /** The dialogue, for commands; null while there is none, or while it ends. */
  talk(): Conversation | null
  /** Ends the sentence, then is mute; resolves when it is, at the latest after so long. */
  release(timeoutMs: number): Promise<void>
  /** Closes after the last mark. The intent was committed by whoever asks. */
  close(intent: IntentKind): Promise<void>
}
