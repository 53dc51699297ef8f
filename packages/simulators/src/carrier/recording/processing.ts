import type { Call } from '../call.ts'
import { rfc2822 } from '../core/dates.ts'
import { type Recording, type RecordingEvent, secondsOf, urlOf } from './recording.ts'
import { lengthOf, type Sound, trimmed } from './sound.ts'

/** A recording shorter than this is absent ("Error 16101"). */
const SHORTEST_SAMPLES = 800
const TOO_SHORT = 16101
const SILENT = 16102

/**
 * Makes a file of what was recorded: a while later it can be had, or is absent or failed, and the customer is told.
 * `isEmpty`: nothing was said into it.
 */
export async function processRecording(
  call: Call,
  recording: Recording,
  sound: Sound,
  isEmpty = false,
): Promise<void> {
  const { limits, faults } = call.world
  recording.sound = recording.settings.trims && !isEmpty ? trimmed(sound) : sound
  await new Promise((resolve) => setTimeout(resolve, limits.recordingMs))
  if (recording.status === 'deleted') return
  if (isEmpty || lengthOf(recording.sound) < SHORTEST_SAMPLES) {
    setStatus(call, recording, 'absent', isEmpty ? SILENT : TOO_SHORT)
    tellRecording(call, recording, 'absent')
  } else if (faults.take('failed-recording', call)) {
    setStatus(call, recording, 'failed')
    // There is no event of its own to subscribe to.
    tellRecording(call, recording, 'absent')
  } else {
    setStatus(call, recording, 'completed')
    tellRecording(call, recording, 'completed')
  }
}

/** Moves a recording on; its call's history tells of it. */
export function setStatus(
  call: Call,
  recording: Recording,
  status: Recording['status'],
  errorCode?: number,
): void {
  recording.status = status
  recording.errorCode = errorCode
  recording.updatedAt = new Date()
  call.note({ type: 'recording', status, recordingSid: recording.sid })
}

/** Posts the recording status callback, if it was subscribed ("Recording status callbacks"). */
export function tellRecording(call: Call, recording: Recording, event: RecordingEvent): void {
  const { callback, channels, source, track } = recording.settings
  if (!callback?.events.has(event)) return
  const { status, errorCode } = recording
  const hasSound = status === 'completed'
  call.callbacks.deliver({
    event: `recording-${status}`,
    url: callback.url,
    method: callback.method,
    isBare: true,
    params: {
      RecordingSid: recording.sid,
      RecordingStatus: status,
      ...(hasSound || status === 'in-progress' ? { RecordingUrl: urlOf(call.world, recording) } : {}),
      ...(hasSound ? { RecordingDuration: String(secondsOf(recording) ?? 0) } : {}),
      RecordingChannels: String(channels),
      RecordingStartTime: rfc2822(recording.startedAt),
      RecordingSource: source,
      RecordingTrack: track,
      ...(errorCode === undefined ? {} : { ErrorCode: String(errorCode) }),
    },
  })
}
