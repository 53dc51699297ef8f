import { newSid } from '../core/sid.ts'
import type { Method } from '../webhooks.ts'
import type { World } from '../world.ts'
import { lengthOf, type Sound } from './sound.ts'

/** `stopped` and `processing`: the sound is there, but cannot be had yet. */
export type RecordingStatus =
  | 'in-progress'
  | 'paused'
  | 'stopped'
  | 'processing'
  | 'completed'
  | 'absent'
  | 'failed'
  | 'deleted'

/** `inbound` is what the carrier hears from the phone, `outbound` what the phone hears. */
export type RecordingTrack = 'inbound' | 'outbound' | 'both'

export type RecordingEvent = 'in-progress' | 'completed' | 'absent'

/** How something is recorded, and who is told of it ("Recordings resource: create"). */
export type RecordingSettings = {
  source: 'OutboundAPI' | 'RecordVerb' | 'StartCallRecordingAPI'
  channels: 1 | 2
  track: RecordingTrack
  trims: boolean
  callback: { url: string; method: Method; events: ReadonlySet<RecordingEvent> } | undefined
}

/** One recording of the account ("Recordings resource"). Its sound comes when it has ended. */
export type Recording = {
  readonly sid: string
  readonly callSid: string
  readonly settings: RecordingSettings
  readonly startedAt: Date
  updatedAt: Date
  status: RecordingStatus
  /** Why it is absent or failed. */
  errorCode: number | undefined
  sound: Sound | undefined
}

export function newRecording(callSid: string, settings: RecordingSettings, startedAt: Date): Recording {
  return {
    sid: newSid('RE'),
    callSid,
    settings,
    startedAt,
    updatedAt: new Date(),
    status: 'in-progress',
    errorCode: undefined,
    sound: undefined,
  }
}

/** Whole seconds, a begun one counted; undefined while it is recorded. */
export function secondsOf({ sound }: Recording): number | undefined {
  return sound && Math.ceil(lengthOf(sound) / 8000)
}

/** Address of the sound, without `.wav`. */
export function urlOf(world: World, { sid }: Recording): string {
  return `${world.url()}/2010-04-01/Accounts/${world.account.sid}/Recordings/${sid}`
}
