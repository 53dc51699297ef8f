import { rfc2822 } from '../core/dates.ts'
import type { Recording } from '../recordings.ts'
import type { World } from '../world.ts'
import { notFound, type RestAnswer } from './problem.ts'

/** `GET /Recordings/{RE}`, with `.wav` for the sound (also without an ending), `.json` for the resource. */
export function fetchRecording(world: World, path: string, sid: string, ending: string): RestAnswer {
  const recording = world.recordings.get(sid)
  if (!recording) return notFound(path)
  if (ending === '.json') return { status: 200, body: recordingJson(world, recording) }
  return { status: 200, file: { type: 'audio/x-wav', bytes: world.recordings.wav(recording) } }
}

/** `GET /Recordings.json`. */
export function listRecordings(world: World): RestAnswer {
  const recordings = world.recordings.all.map((recording) => recordingJson(world, recording))
  const uri = `/2010-04-01/Accounts/${world.account.sid}/Recordings.json`
  return {
    status: 200,
    body: {
      recordings,
      first_page_uri: uri,
      next_page_uri: null,
      previous_page_uri: null,
      uri,
      page: 0,
      page_size: Math.max(50, recordings.length),
      start: 0,
      end: Math.max(0, recordings.length - 1),
    },
  }
}

function recordingJson(world: World, recording: Recording): Record<string, unknown> {
  return {
    sid: recording.sid,
    account_sid: world.account.sid,
    call_sid: recording.callSid,
    api_version: '2010-04-01',
    channels: 1,
    source: recording.source,
    status: 'completed',
    duration: String(recording.seconds),
    start_time: rfc2822(recording.startedAt),
    date_created: rfc2822(recording.startedAt),
    date_updated: rfc2822(recording.startedAt),
    price: null,
    price_unit: 'USD',
    error_code: null,
    conference_sid: null,
    encryption_details: null,
    uri: `/2010-04-01/Accounts/${world.account.sid}/Recordings/${recording.sid}.json`,
  }
}
