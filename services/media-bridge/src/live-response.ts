import type { Ask } from './core/response-queue.ts'

/** One response of the model while any of it matters here. */
export type LiveResponse = {
  readonly id: string
  readonly ordinal: number
  /** Which session of the stream made it: items of a lost one are unknown to the next. */
  readonly session: number
  /** Ours, or null when the server made it by itself. */
  ask: Ask | null
  /** Monotonic ms at which our last ask went out. */
  readonly askedAt: number
  readonly createdAt: number
  /** Cut off by the caller, or by us: nothing of it is forwarded any more. */
  cancelled: boolean
  done: boolean
  /** Some of it left for the carrier. */
  spoke: boolean
  /** Ms of audio that came, heard or not: all of it is billed. */
  audioMs: number
  textLength: number
  /** Ms of the caller's audio the model had been given when the response before this one began. */
  readonly callerMs: number
}
