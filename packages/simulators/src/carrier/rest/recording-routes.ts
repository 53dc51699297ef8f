import type { Recording } from '../recording/recording.ts'
import { wavOf } from '../recording/sound.ts'
import type { World } from '../world.ts'
import { isWithin, pageOf } from './page.ts'
import { notFound, problem, type RestAnswer } from './problem.ts'
import { recordingJson } from './recording-json.ts'

/** `GET /Recordings/{RE}.json`. A deleted one is shown with `IncludeSoftDeleted` only. */
export function showRecording(world: World, path: string, sid: string, query: URLSearchParams): RestAnswer {
  const recording = world.recordings.get(sid)
  if (!recording || !isShown(recording, query)) return notFound(path)
  return { status: 200, body: recordingJson(world, recording) }
}

/**
 * `GET /Recordings/{RE}` and `.wav`: the sound, as soon as there is a file of it. `RequestedChannels` mixes two channels
 * into one; the other way round is refused (16113) or given, by a switch.
 */
export function fetchMedia(world: World, path: string, sid: string, query: URLSearchParams): RestAnswer {
  const recording = world.recordings.get(sid)
  if (recording?.status !== 'completed' || !recording.sound) return notFound(path)
  const { channels, track } = recording.settings
  const asked = query.get('RequestedChannels') ?? String(channels)
  if (asked !== '1' && asked !== '2') return problem(400, 20001, `Invalid RequestedChannels: ${asked}`)
  const canSplit = channels === 2 || (track === 'both' && world.switches.monoAsDual === 'given')
  if (asked === '2' && !canSplit) {
    const message = 'Voice Recording: Cannot download a dual-channel presentation of a mono recording'
    world.debugger.warning('16113', message, { callSid: recording.callSid, url: path })
    return problem(400, 16113, message)
  }
  const bytes = wavOf(recording.sound, track, asked === '2' ? 2 : 1)
  return { status: 200, file: { type: 'audio/x-wav', bytes } }
}

/** `GET /Recordings.json`, and of one call `GET /Calls/{CA}/Recordings.json`; newest first. */
export function listRecordings(
  world: World,
  path: string,
  query: URLSearchParams,
  callSid = query.get('CallSid'),
): RestAnswer {
  const all = [...world.recordings.all]
    .reverse()
    .filter(
      (recording) =>
        isShown(recording, query) &&
        (!callSid || recording.callSid === callSid) &&
        !query.get('ConferenceSid') &&
        isWithin(query, 'DateCreated', recording.startedAt),
    )
  const json = (recording: Recording) => recordingJson(world, recording)
  return { status: 200, body: pageOf(all, { name: 'recordings', path, query }, json) }
}

/** `DELETE /Recordings/{RE}.json`: the sound goes, the resource can be looked up for a while. */
export function deleteRecording(world: World, path: string, sid: string): RestAnswer {
  const recording = world.recordings.get(sid)
  if (!recording || recording.status === 'deleted') return notFound(path)
  if (recording.status === 'in-progress' || recording.status === 'paused') {
    return problem(409, 20409, 'Cannot delete a recording while it is in progress')
  }
  recording.status = 'deleted'
  recording.updatedAt = new Date()
  recording.sound = undefined
  return { status: 204 }
}

function isShown({ status }: Recording, query: URLSearchParams): boolean {
  return status !== 'deleted' || query.get('IncludeSoftDeleted') === 'true'
}
