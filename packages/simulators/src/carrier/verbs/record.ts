import { levelDbfs } from '@toritsugi/audio'
import { resolveUrl } from '../documents/document.ts'
import { FRAME_SAMPLES, wait } from '../line/line.ts'
import { FRAME_MS } from '../line/ticker.ts'
import { setStatus } from '../recording/processing.ts'
import { newRecording, type RecordingSettings, secondsOf, urlOf } from '../recording/recording.ts'
import { eventsOf } from '../rest/recording-inputs.ts'
import type { TwimlElement } from '../twiml/parse.ts'
import { countOf, followTo, methodOf, NEXT, type Stage, type Verb } from './verb.ts'

const BEEP_HZ = 1400
const BEEP_SAMPLES = 2400
const SPEECH_DBFS = -50

const BEEP = Int16Array.from(
  { length: BEEP_SAMPLES },
  (_, index) => 8000 * Math.sin((2 * Math.PI * BEEP_HZ * index) / 8000),
)

const NOTHING = new Int16Array(0)

type Taped = { pcm: Int16Array; digits: string; heardSpeech: boolean }

/**
 * `<Record>`: a beep, then what the caller says until a key, silence, the longest length or the hang-up; then the
 * `action` (default: this document again). An empty recording goes to the next verb ("TwiML Record").
 */
export const record: Verb = async (element, stage) => {
  const { call, signal } = stage
  if (element.attributes.playBeep !== 'false') await call.line.play(BEEP, signal)
  const startedAt = new Date()
  const recording = newRecording(call.sid, settingsOf(element, stage), startedAt)
  const taped = await tape(element, stage)
  if (signal.reason === 'replaced') return NEXT
  call.world.recordings.add(recording)
  setStatus(call, recording, 'processing')
  call.recordings.process(recording, { inbound: taped.pcm, outbound: NOTHING }, !taped.heardSpeech)
  if (!taped.heardSpeech) return NEXT
  const params = {
    RecordingUrl: urlOf(call.world, recording),
    RecordingSid: recording.sid,
    RecordingDuration: String(secondsOf(recording)),
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

function settingsOf({ attributes }: TwimlElement, { call, document }: Stage): RecordingSettings {
  const {
    recordingStatusCallback,
    recordingStatusCallbackMethod,
    recordingStatusCallbackEvent = '',
    trim,
  } = attributes
  const url = recordingStatusCallback && resolveUrl(document, recordingStatusCallback)
  const events = eventsOf(recordingStatusCallbackEvent)
  if (recordingStatusCallback !== undefined && !url) {
    const message = `Invalid URL: ${recordingStatusCallback}`
    call.world.debugger.error('11100', message, { callSid: call.sid })
  }
  if (typeof events === 'string') {
    const message = `Record: invalid recording status callback event: ${events}`
    call.world.debugger.warning('12200', message, { callSid: call.sid })
  }
  return {
    source: 'RecordVerb',
    channels: 1,
    track: 'inbound',
    trims: trim !== 'do-not-trim',
    callback:
      url && typeof events !== 'string'
        ? { url, method: methodOf(recordingStatusCallbackMethod), events }
        : undefined,
  }
}
