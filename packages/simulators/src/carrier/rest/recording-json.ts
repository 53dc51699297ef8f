import { rfc2822 } from '../core/dates.ts'
import { type Recording, secondsOf, urlOf } from '../recording/recording.ts'
import type { World } from '../world.ts'

/** A recording as the API shows it ("Recordings resource: properties"). */
export function recordingJson(world: World, recording: Recording): Record<string, unknown> {
  const base = `/2010-04-01/Accounts/${world.account.sid}/Recordings/${recording.sid}`
  const { channels, source, track } = recording.settings
  const seconds = secondsOf(recording)
  return {
    sid: recording.sid,
    account_sid: world.account.sid,
    call_sid: recording.callSid,
    conference_sid: null,
    api_version: '2010-04-01',
    channels,
    source,
    track,
    status: recording.status,
    duration: seconds === undefined ? null : String(seconds),
    start_time: rfc2822(recording.startedAt),
    date_created: rfc2822(recording.startedAt),
    date_updated: rfc2822(recording.updatedAt),
    price: null,
    price_unit: 'USD',
    error_code: recording.errorCode ?? null,
    encryption_details: null,
    media_url: urlOf(world, recording),
    uri: `${base}.json`,
    subresource_uris: {
      add_on_results: `${base}/AddOnResults.json`,
      transcriptions: `${base}/Transcriptions.json`,
    },
  }
}
