import type { RecordingEvent, RecordingSettings, RecordingTrack } from '../recording/recording.ts'
import { type Form, isWebUrl, methodIn } from './call-inputs.ts'
import { problem, type RestAnswer } from './problem.ts'

const EVENTS: ReadonlySet<string> = new Set(['in-progress', 'completed', 'absent'])

/** `Recording…` and `Trim` of a form; a problem (20001, 21609, 21626) when one of them cannot be followed. */
export function recordingIn(form: Form, source: RecordingSettings['source']): RecordingSettings | RestAnswer {
  const channels = form.get('RecordingChannels') ?? 'mono'
  const track = form.get('RecordingTrack') ?? 'both'
  const trim = form.get('Trim') ?? 'do-not-trim'
  if (!['mono', 'dual'].includes(channels)) return invalid('RecordingChannels', channels)
  if (!['inbound', 'outbound', 'both'].includes(track)) return invalid('RecordingTrack', track)
  if (!['trim-silence', 'do-not-trim'].includes(trim)) return invalid('Trim', trim)
  const url = form.get('RecordingStatusCallback') ?? ''
  if (url !== '' && !isWebUrl(url))
    return problem(400, 21609, `Invalid 'RecordingStatusCallback' URL: ${url}`)
  const events = eventsOf(form.getAll('RecordingStatusCallbackEvent').join(' '))
  if (typeof events === 'string') {
    return problem(400, 21626, `Invalid recording status callback events: ${events}`)
  }
  return {
    source,
    // One direction alone is always one channel ("How to record a single side of a call").
    channels: channels === 'dual' && track === 'both' ? 2 : 1,
    track: track as RecordingTrack,
    trims: trim === 'trim-silence',
    callback:
      url === '' ? undefined : { url, method: methodIn(form, 'RecordingStatusCallbackMethod'), events },
  }
}

/** Event names between spaces or commas, `completed` when there are none; an unknown one as it is. */
export function eventsOf(text: string): ReadonlySet<RecordingEvent> | string {
  const named = text.split(/[\s,]+/).filter(Boolean)
  const wrong = named.find((event) => !EVENTS.has(event))
  return wrong ?? new Set((named.length === 0 ? ['completed'] : named) as RecordingEvent[])
}

function invalid(name: string, value: string): RestAnswer {
  return problem(400, 20001, `Invalid ${name}: ${value}`)
}
