import type { ServerResponse } from 'node:http'
import type { Call } from '../call.ts'
import type { Fault } from '../faults.ts'
import type { DialIn } from '../phone/phone-book.ts'
import { namedScript, readScript, type Script } from '../phone/script.ts'
import { secondsOf } from '../recording/recording.ts'
import type { World } from '../world.ts'
import { type Answer, bad, none, ok } from './control-answer.ts'
import { checked, dialInShape, halfOpenShape, pressShape, sayShape } from './control-shapes.ts'

const CALLER = '+14155550100'
/** Silence of the other side after which a caller who plays a recording hangs up. */
const PATIENCE_MS = 4000
const LONGEST_ANSWER_MS = 180_000

/** `POST calls`: a phone dials in. */
export function placeCall(world: World, json: unknown): Answer {
  const asked = checked(json ?? {}, dialInShape)
  const to = asked.to === undefined ? [...world.numbers.keys()][0] : String(asked.to)
  if (to === undefined || !world.numbers.has(to)) return bad(`The account has no number ${to ?? 'at all'}.`)
  const script = scriptOf(asked)
  const dial: DialIn = {
    from: asked.from === undefined ? CALLER : String(asked.from),
    to,
    ...(script === undefined ? {} : { script }),
    ...(asked.band === undefined ? {} : { band: asked.band as 'caller' }),
    ...(asked.faults === undefined ? {} : { faults: asked.faults as Fault[] }),
  }
  const phone = world.phoneBook.dialIn(dial)
  return ok({ callSid: phone.callSid, from: dial.from, to }, 201)
}

function scriptOf({ script, scriptName, wav }: Record<string, unknown>): Script | undefined {
  if (typeof wav === 'string') return recordedCaller(Buffer.from(wav, 'base64'))
  if (scriptName !== undefined) return namedScript(String(scriptName))
  if (script === undefined) return undefined
  readScript(String(script))
  return String(script)
}

/** Listens to the greeting, plays the recording, listens to the answer and hangs up. */
function recordedCaller(wav: Uint8Array): Script {
  return async (phone) => {
    await phone.waitForSilence(1000, { timeoutMs: LONGEST_ANSWER_MS })
    await phone.playWav(wav)
    // The other side may end the call as well.
    await phone.waitForSilence(PATIENCE_MS, { timeoutMs: LONGEST_ANSWER_MS }).catch(() => {})
    phone.hangUp()
  }
}

/** `POST calls/{sid}/{act}`. */
export function actOnCall(
  world: World,
  sid: string,
  act: string,
  body: { bytes: Uint8Array; json: unknown },
): Answer {
  const call = world.calls.get(sid)
  if (!call) return none(`call ${sid}`)
  if (call.isOver) return bad(`The call ${sid} is over.`, 409)
  const { phone } = call
  switch (act) {
    case 'say': {
      const { text, ...voice } = checked(body.json, sayShape)
      void phone.say(String(text), voice as { unclear?: boolean; rate?: number })
      return ok({})
    }
    case 'play':
      void phone.playWav(body.bytes)
      return ok({})
    case 'press':
      phone.press(String(checked(body.json, pressShape).digits))
      return ok({})
    case 'stop-speaking':
      phone.stopSpeaking()
      return ok({})
    case 'hang-up':
      phone.hangUp()
      return ok({})
    case 'lose-stream':
      world.faults.loseStream(sid)
      return ok({})
    case 'half-open':
      world.faults.halfOpenStream(sid, checked(body.json ?? {}, halfOpenShape).forMs as number | undefined)
      return ok({})
    default:
      return none(act)
  }
}

export function callSummary(call: Call): Record<string, unknown> {
  const { sid, direction, from, to, status, createdAt, startedAt, endedAt, seconds, answeredBy, queuedMs } =
    call
  return { sid, direction, from, to, status, createdAt, startedAt, endedAt, seconds, answeredBy, queuedMs }
}

/** `GET calls/{sid}`. */
export function callDetail(world: World, sid: string): Answer {
  const call = world.calls.get(sid)
  if (!call) return none(`call ${sid}`)
  const { phone, streams } = call
  return ok({
    ...callSummary(call),
    history: call.history,
    phone: {
      state: phone.state,
      endReason: phone.endReason,
      ms: phone.ms,
      heard: {
        assistant: phone.heardText(),
        human: phone.heardText('human'),
        caller: phone.heardText('caller'),
      },
      message: phone.message?.text,
      events: phone.events,
    },
    recordings: world.recordings.all
      .filter(({ callSid }) => callSid === sid)
      .map((recording) => ({
        sid: recording.sid,
        source: recording.settings.source,
        status: recording.status,
        seconds: secondsOf(recording),
      })),
    streams: streams.map(({ sid: streamSid, counts, invalid, queuedBytes, settings }) => ({
      streamSid,
      url: settings.url,
      counts,
      invalid,
      queuedBytes,
    })),
  })
}

/** `GET calls/{sid}/events`: everything from the beginning, one JSON object a line, until the call has settled. */
export function streamEvents(world: World, sid: string, response: ServerResponse): void {
  const call = world.calls.get(sid)
  if (!call) {
    response
      .writeHead(404, { 'content-type': 'application/json' })
      .end(JSON.stringify(none(`call ${sid}`).body))
    return
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  response.flushHeaders()
  const write = (of: 'call' | 'phone' | 'debugger', event: unknown) => {
    response.write(`${JSON.stringify({ of, event })}\n`)
  }
  for (const { of, event } of past(world, call)) write(of, event)
  const stops = [
    call.onEvent((event) => write('call', event)),
    call.phone.onEvent((event) => write('phone', event)),
    world.debugger.onEntry((entry) => {
      if (entry.callSid === sid) write('debugger', entry)
    }),
  ]
  const end = () => {
    for (const stop of stops) stop()
    response.end()
  }
  response.on('close', end)
  const endWhenSettled = () => void call.settled().then(end)
  if (call.isOver) endWhenSettled()
  else {
    stops.push(
      call.onEvent((event) => {
        if (event.type === 'status' && call.isOver) endWhenSettled()
      }),
    )
  }
}

type Told = { of: 'call' | 'phone' | 'debugger'; event: { at: string } }

function past(world: World, call: Call): Told[] {
  const entries = world.debugger.entries.filter(({ callSid }) => callSid === call.sid)
  const all: Told[] = [
    ...call.history.map((event) => ({ of: 'call' as const, event })),
    ...call.phone.events.map((event) => ({ of: 'phone' as const, event })),
    ...entries.map((event) => ({ of: 'debugger' as const, event })),
  ]
  return all.sort((a, b) => a.event.at.localeCompare(b.event.at))
}
