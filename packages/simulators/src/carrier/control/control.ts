import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonObject } from '../../model/protocol/shape.ts'
import type { Fault } from '../faults.ts'
import type { ListedPhone } from '../phone/phone-book.ts'
import { namedScript, readScript } from '../phone/script.ts'
import type { IncomingNumber, World } from '../world.ts'
import { actOnCall, callDetail, callSummary, placeCall, streamEvents } from './call-control.ts'
import { type Answer, bad, file, none, ok } from './control-answer.ts'
import {
  checked,
  codesShape,
  faultShape,
  limitsShape,
  numberShape,
  phoneShape,
  switchesShape,
} from './control-shapes.ts'

const BODY_LIMIT = 32 * 1024 * 1024

/**
 * The simulator's own HTTP API, which the real service does not have; all below `/_sim/`:
 * `GET health`; `GET|POST calls`, `GET calls/{sid}`, `GET calls/{sid}/events` (NDJSON until the call is over),
 * `GET calls/{sid}/heard.wav | said.wav | message.wav`, `POST calls/{sid}/say | press | play | stop-speaking | hang-up | lose-stream |
 * half-open`; `POST phones`, `DELETE phones/{number}`; `GET|POST|DELETE faults`, `DELETE faults/{id}`; `GET|PATCH switches`;
 * `GET|PATCH limits`; `GET|PUT numbers`; `GET|DELETE debugger`, `POST debugger/expect`.
 */
export async function answerControl(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  setNumber: (number: IncomingNumber) => void,
): Promise<void> {
  const body = await readBody(request)
  const { pathname } = new URL(request.url ?? '/', 'http://carrier')
  const [, , what = '', id = '', act = ''] = pathname.split('/').map(decodeURIComponent)
  if (request.method === 'GET' && what === 'calls' && act === 'events') {
    streamEvents(world, id, response)
    return
  }
  const json = body === undefined ? undefined : parsed(body)
  const answer = body === undefined ? bad(`The body is larger than ${BODY_LIMIT} bytes.`, 413) : route()
  send(response, answer)

  function route(): Answer {
    try {
      return routed(world, `${request.method} ${what}`, id, act, { bytes: body as Buffer, json }, setNumber)
    } catch (error) {
      return bad(error instanceof Error ? error.message : String(error))
    }
  }
}

type Body = { bytes: Buffer; json: unknown }

function routed(
  world: World,
  route: string,
  id: string,
  act: string,
  body: Body,
  setNumber: (number: IncomingNumber) => void,
): Answer {
  switch (route) {
    case 'GET health': {
      const live = [...world.calls.values()].filter(({ isOver }) => !isOver).length
      return ok({
        ok: true,
        url: world.url(),
        accountSid: world.account.sid,
        liveCalls: live,
        pid: process.pid,
      })
    }
    case 'GET calls':
      if (id === '') return ok([...world.calls.values()].map(callSummary))
      return act === '' ? callDetail(world, id) : file(world, id, act)
    case 'POST calls':
      return id === '' ? placeCall(world, body.json) : actOnCall(world, id, act, body)
    case 'POST phones':
      return addPhone(world, checked(body.json, phoneShape))
    case 'DELETE phones':
      return world.phoneBook.remove(id) ? ok({}) : none(`phone ${id}`)
    case 'GET faults':
      return ok(world.faults.all)
    case 'POST faults':
      return ok({ id: world.faults.add(checked(body.json, faultShape) as unknown as Fault) })
    case 'DELETE faults':
      if (id !== '') return world.faults.lift(id) ? ok({}) : none(`fault ${id}`)
      world.faults.clear()
      return ok({})
    case 'GET switches':
      return ok(world.switches)
    case 'PATCH switches':
      return ok(Object.assign(world.switches, checked(body.json, switchesShape)))
    case 'GET limits':
      return ok(world.limits)
    case 'PATCH limits':
      return ok(Object.assign(world.limits, checked(body.json, limitsShape)))
    case 'GET numbers':
      return ok([...world.numbers.values()])
    case 'PUT numbers':
      setNumber(checked(body.json, numberShape) as unknown as IncomingNumber)
      return ok([...world.numbers.values()])
    case 'GET debugger':
      return ok({ entries: world.debugger.entries, unexpected: world.debugger.unexpected })
    case 'DELETE debugger':
      world.debugger.clear()
      return ok({})
    case 'POST debugger':
      if (id !== 'expect') return none(id)
      world.debugger.expect(...(checked(body.json, codesShape).codes as string[]))
      return ok({})
    default:
      return none(route)
  }
}

function addPhone(world: World, asked: JsonObject): Answer {
  const { scriptName, ...listed } = asked
  const script = scriptName === undefined ? listed.script : namedScript(String(scriptName))
  if (script !== undefined) readScript(String(script))
  world.phoneBook.add({ ...listed, ...(script === undefined ? {} : { script }) } as unknown as ListedPhone)
  return ok({})
}

function send(response: ServerResponse, { status, body, type = 'application/json' }: Answer): void {
  response.writeHead(status, { 'content-type': type })
  response.end(body instanceof Uint8Array ? body : JSON.stringify(body))
}

function parsed(body: Buffer): unknown {
  try {
    return body.length === 0 ? undefined : JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > BODY_LIMIT) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}
