import { z } from 'zod'
import { CallId, CarrierStreamId, Epoch, Instant, Ms, TurnId } from './ids.ts'

// Facts, family `media`, owner media-bridge.

export const StreamStarted = z.strictObject({
  epoch: Epoch,
  carrierStreamId: CarrierStreamId,
  podId: z.string().max(100),
})

export const StreamEnded = z.strictObject({
  epoch: Epoch,
  /** `stop`: the carrier ended it. `closed`: we did. `lost`: the socket dropped. `superseded`: a higher epoch came. */
  because: z.enum(['stop', 'closed', 'lost', 'superseded', 'refused']),
  /** Turns whose facts belong to this stream; a transcript is complete when it has them all. */
  turns: z.array(TurnId).max(5000),
  lengthMs: Ms,
  framesIn: z.number().int().min(0),
  framesOut: z.number().int().min(0),
  framesDropped: z.number().int().min(0),
})

export const SessionOpened = z.strictObject({
  epoch: Epoch,
  sessionId: z.string().max(100),
  model: z.string().max(100),
  /** 1 for the first session of this stream, 2 after the model's socket was lost once. */
  attempt: z.number().int().min(1),
  warm: z.boolean(),
  /** True when the full plan was refused and a minimal one was accepted. */
  minimal: z.boolean(),
  expiresAt: Instant.nullable(),
  openMs: Ms,
})

export const SessionLost = z.strictObject({
  epoch: Epoch,
  sessionId: z.string().max(100).nullable(),
  code: z.string().max(100),
  attempt: z.number().int().min(1),
})

/** The first audio of the greeting left for the carrier. */
export const GreetingStarted = z.strictObject({
  epoch: Epoch,
  /** From the carrier's `start` message. */
  sinceStartMs: Ms,
  /** The model's own part of it: `response.create` sent → its first audio. */
  modelMs: Ms,
})

/**
 * Live, not stored: what a pod holds, each second, on `live.v1.pods.heartbeat`.
 * call-control keeps the last one of each pod.
 */
export const PodHeartbeat = z
  .strictObject({
    podId: z.string().max(100),
    /** Where call-control can probe the pod: its private HTTP origin. */
    url: z.url(),
    at: Instant,
    capacity: z.number().int().min(0),
    free: z.number().int().min(0),
    draining: z.boolean(),
    calls: z.array(z.strictObject({ callId: CallId, epoch: Epoch })).max(10_000),
  })
  .meta({ id: 'PodHeartbeat' })
export type PodHeartbeat = z.infer<typeof PodHeartbeat>

/**
 * Live, not stored: a pod has taken the stream of this epoch, on `live.v1.<callId>.epoch`. A pod that still holds
 * an older stream of the call drops it.
 */
export const EpochSeen = z
  .strictObject({ epoch: Epoch, podId: z.string().max(100) })
  .meta({ id: 'EpochSeen' })
export type EpochSeen = z.infer<typeof EpochSeen>
