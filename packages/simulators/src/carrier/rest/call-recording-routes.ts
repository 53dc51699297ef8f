import type { Call } from '../call.ts'
import type { World } from '../world.ts'
import { type Form, isAnswer } from './call-inputs.ts'
import { notFound, problem, type RestAnswer } from './problem.ts'
import { recordingIn } from './recording-inputs.ts'
import { recordingJson } from './recording-json.ts'

const CURRENT = 'Twilio.CURRENT'

/** `POST /Calls/{CA}/Recordings.json`: records a call in progress. */
export function startRecording(world: World, path: string, callSid: string, form: Form): RestAnswer {
  const call = world.calls.get(callSid)
  if (!call) return notFound(path)
  const settings = recordingIn(form, 'StartCallRecordingAPI')
  if (isAnswer(settings)) return settings
  if (call.isOver || !call.isAnswered) return notEligible()
  if (call.recordings.current && world.switches.secondRecording === 'refused') return notEligible()
  return { status: 201, body: recordingJson(world, call.recordings.start(settings)) }
}

/** `POST /Calls/{CA}/Recordings/{RE}.json`: pauses, resumes or stops. `Twilio.CURRENT` is the one that runs. */
export function updateRecording(
  world: World,
  path: string,
  { callSid, sid }: { callSid: string; sid: string },
  form: Form,
): RestAnswer {
  const call = world.calls.get(callSid)
  const recording = sid === CURRENT ? call?.recordings.current : world.recordings.get(sid)
  if (!call || recording?.callSid !== callSid || recording.status === 'deleted') return notFound(path)
  const status = form.get('Status')
  const behavior = form.get('PauseBehavior') ?? 'silence'
  if (behavior !== 'skip' && behavior !== 'silence') {
    return problem(400, 20001, `Invalid PauseBehavior: ${behavior}`)
  }
  const { recordings } = call
  const done =
    status === 'paused'
      ? recordings.pause(recording.sid, behavior)
      : status === 'in-progress'
        ? recordings.resume(recording.sid)
        : status === 'stopped'
          ? recordings.stop(recording.sid)
          : problem(400, 20001, `Invalid Status: ${status ?? ''}`)
  if (isAnswer(done)) return done
  return done ? { status: 200, body: recordingJson(world, recording) } : notEligible()
}

/** Whether a recording is one of this call: its routes below the call know no other. */
export function isOfCall(call: Call | undefined, world: World, sid: string): boolean {
  return call !== undefined && world.recordings.get(sid)?.callSid === call.sid
}

/** The call is not in progress, or the recording has ended ("Error 21220: Invalid call state"). */
function notEligible(): RestAnswer {
  return problem(400, 21220, 'Requested resource is not eligible for recording')
}
