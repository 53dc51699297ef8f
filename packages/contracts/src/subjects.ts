import type { CallFamily } from './channel.ts'
import type { CallId } from './ids.ts'
import { EpochSeen, PodHeartbeat } from './stream.ts'
import { PartialText } from './turn.ts'

/** `calls.v1.<callId>.<family>`; either part may be left out to subscribe to all. */
export const callSubject = (callId: CallId | '*' = '*', family: CallFamily | '*' = '*'): string =>
  `calls.v1.${callId}.${family}`

// ---- live: core NATS, not stored

export const livePartial = { what: 'partial', schema: PartialText } as const
export const epochSeen = { what: 'epoch', schema: EpochSeen } as const
export const liveSubject = (callId: CallId | '*', what: string): string => `live.v1.${callId}.${what}`
export const podHeartbeat = { subject: 'live.v1.pods.heartbeat', schema: PodHeartbeat } as const

/** The JetStream streams. Ages in days, the window of de-duplication in ms. */
export const streams = {
  CALLS: { subjects: ['calls.v1.>'], maxAgeDays: 7, duplicateWindowMs: 120_000 },
  PLATFORM: { subjects: ['platform.v1.>'], maxAgeDays: 7, duplicateWindowMs: 120_000 },
} as const
