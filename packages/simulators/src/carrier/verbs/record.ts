import { levelDbfs } from '@toritsugi/audio'
import type { Call } from '../call.ts'
import { rfc2822 } from '../core/dates.ts'
import { FRAME_SAMPLES, wait } from '../line/line.ts'
import { FRAME_MS } from '../line/ticker.ts'
import type { Recording } from '../recordings.ts'
import type { TwimlElement } from '../twiml/parse.ts'
import { countOf, followTo, methodOf, NEXT, type Stage, type Verb } from './verb.ts'

const BEEP_HZ = 1400
const BEEP_SAMPLES = 2400
const SPEECH_DBFS = -50

const BEEP = Int16Array.from(
  { length: BEEP_SAMPLES },
  (_, index) => 8000 * Math.sin((2 * Math.PI * BEEP_HZ * index) / 8000),
)

type Taped = { pcm: Int16Array; digits: string; heardSpeech: boolean }

/**
 * `<Record>`: a beep, then what the caller says until a key, silence, the longest length or the hang-up; then the
 * `action` (default: this document again). An empty recording goes to the next verb ("TwiML Record").
 */
export const record: Verb = async (element, stage) => {
  const { call, signal } = stage
  if (element.attributes.playBeep !== 'false') await call.line.play(BEEP, signal)
  const startedAt = new Date()
  const taped = await tape(element, stage)
  if (!taped.heardSpeech || signal.reason === 'replaced') return NEXT
  const recording = call.world.recordings.add(call.sid, taped.pcm, startedAt)
  tellRecording(element, stage, recording)
  const params = {
    RecordingUrl: recordingUrl(call, recording),
    RecordingSid: recording.sid,
    RecordingDuration: String(recording.seconds),
    ...(taped.digits === '' ? {} : { Digits: taped.digits }),
  }
  const after = followTo(stage, element.attributes.action ?? '', element.attributes.method, params)
  if (!signal.aborted || after.go !== 'document' || 'twiml' in after.source) return after
  // The caller hung up: the action is told, its document has nobody to run for.
  await call.webhook({ ...after.source, params: { ...params, Digits: 'hangup' } })
  return NEXT
}

async function tape(element: TwimlElement, { call, signal }: Stage): Promise<Taped> {
  const silenceMs = countOf(element, 'timeout', 5) * 1000
  const maxMs = countOf(element, 'maxLength', 3600) * 1000
  const finishKeys = element.attributes.finishOnKey ?? '1234567890*#'
  const frames: Int16Array[] = []
  const taped = { digits: '', heardSpeech: false }
  let quietMs = 0
  const done = new AbortController()
  const stop = call.line.listen((frame) => {
    frames.push(frame?.slice() ?? new Int16Array(FRAME_SAMPLES))
    const speech = frame !== undefined && levelDbfs(frame) > SPEECH_DBFS
    quietMs = speech ? 0 : quietMs + FRAME_MS
    taped.heardSpeech ||= speech
    if (quietMs >= silenceMs || frames.length * FRAME_MS >= maxMs) done.abort()
  })
  const release = call.takeDigits((digit) => {
    if (!finishKeys.includes(digit)) return
    taped.digits = digit
    done.abort()
  })
  await wait(Number.MAX_SAFE_INTEGER, AbortSignal.any([signal, done.signal]))
  stop()
  release()
  const pcm = new Int16Array(frames.length * FRAME_SAMPLES)
  for (const [index, frame] of frames.entries()) pcm.set(frame, index * FRAME_SAMPLES)
  return { ...taped, pcm }
}

function recordingUrl(call: Call, { sid }: Recording): string {
  return `${call.world.url()}/2010-04-01/Accounts/${call.world.account.sid}/Recordings/${sid}`
}

function tellRecording(element: TwimlElement, stage: Stage, recording: Recording): void {
  const { recordingStatusCallback, recordingStatusCallbackMethod } = element.attributes
  if (recordingStatusCallback === undefined) return
  const { call } = stage
  const to = followTo(stage, recordingStatusCallback, recordingStatusCallbackMethod)
  if (to.go !== 'document' || 'twiml' in to.source) {
    call.world.debugger.error('11100', `Invalid URL: ${recordingStatusCallback}`, { callSid: call.sid })
    return
  }
  call.callbacks.deliver({
    event: 'recording-completed',
    url: to.source.url,
    method: methodOf(recordingStatusCallbackMethod),
    params: {
      RecordingSid: recording.sid,
      RecordingUrl: recordingUrl(call, recording),
      RecordingStatus: 'completed',
      RecordingDuration: String(recording.seconds),
      RecordingChannels: '1',
      RecordingStartTime: rfc2822(recording.startedAt),
      RecordingSource: recording.source,
      RecordingTrack: 'inbound',
    },
  })
}
