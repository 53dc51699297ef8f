import type { IncomingMessage, ServerResponse } from 'node:http'
import { faultProblem, switchesProblem } from './control-shapes.ts'
import type { Brain } from './core/brain.ts'
import { brainFromJson } from './core/brain-json.ts'
import type { Debugger } from './debugger.ts'
import type { FaultList } from './faults.ts'
import { readBody } from './http/body.ts'
import type { RequestLog } from './http/request-log.ts'
import { isObject } from './protocol/shape.ts'
import type { RealtimeSession } from './session.ts'
import type { ModelSwitches } from './switches.ts'

/** What the control API may look at and change. */
export type ControlParts = {
  sessions: readonly RealtimeSession[]
  requests: RequestLog
  faults: FaultList
  debugger: Debugger
  switches: ModelSwitches
  setBrain: (brain: Brain) => void
  ca: string
}

type Answer = { status: number; body: unknown }

const BODY_LIMIT = 1024 * 1024

/**
 * The simulator's own HTTP API, which the real service does not have:
 * `GET /_sim/health | ca.pem | sessions | sessions/{id} | requests | requests/{id or number} | debugger | faults |
 * switches`, `PUT /_sim/brain`,
 * `POST /_sim/faults`, `DELETE /_sim/faults | debugger`, `PATCH /_sim/switches`,
 * `POST /_sim/sessions/{id}/drop | stall | expire`.
 */
export function answerControl(request: IncomingMessage, response: ServerResponse, parts: ControlParts): void {
  void readBody(request, BODY_LIMIT).then((body) => {
    if ('problem' in body) {
      response.writeHead(413, { 'content-type': 'application/json', connection: 'close' })
      response.end(JSON.stringify(problem(`The body is larger than 1 MiB, or ${body.problem}.`).body))
      return
    }
    const answer = route(request, body.text, parts)
    const isText = typeof answer.body === 'string'
    response.writeHead(answer.status, {
      'content-type': isText ? 'application/x-pem-file' : 'application/json',
    })
    response.end(isText ? answer.body : JSON.stringify(answer.body))
  })
}

function route(request: IncomingMessage, text: string, parts: ControlParts): Answer {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const [, , what = '', id, act] = pathname.split('/')
  const json = text === '' ? null : parsed(text)
  if (json === undefined) return problem('The body is not JSON.')
  switch (`${request.method} ${what}`) {
    case 'GET health':
      return ok({ ok: true, sessions: parts.sessions.filter(({ closed }) => !closed).length })
    case 'GET ca.pem':
      return ok(parts.ca)
    case 'GET sessions':
      return id ? one(parts, id) : ok(parts.sessions.map(summary))
    case 'POST sessions':
      return actOn(parts, id ?? '', act ?? '')
    case 'GET requests':
      return id ? oneRequest(parts, id) : ok(parts.requests.records.map(({ body: _, ...rest }) => rest))
    case 'GET debugger':
      return ok({ entries: parts.debugger.entries, unexpected: parts.debugger.unexpected })
    case 'DELETE debugger':
      parts.debugger.clear()
      return ok({})
    case 'GET faults':
      return ok(parts.faults.waiting)
    case 'POST faults':
      return addFault(parts, json)
    case 'DELETE faults':
      parts.faults.clear()
      return ok({})
    case 'GET switches':
      return ok(parts.switches)
    case 'PATCH switches':
      return setSwitches(parts, json)
    case 'PUT brain':
      return setBrain(parts, json)
    default:
      return notFound(pathname)
  }
}

function one(parts: ControlParts, id: string): Answer {
  const session = parts.sessions.find((other) => other.id === id)
  if (!session) return notFound(id)
  const items = session.conversation.entries.map(({ item, heard, audioMs }) => ({ ...item, heard, audioMs }))
  return ok({ ...summary(session), config: session.config, items, log: session.log.entries })
}

function oneRequest(parts: ControlParts, id: string): Answer {
  const record = parts.requests.records.find((other) => other.id === id || String(other.index) === id)
  return record ? ok(record) : notFound(id)
}

function summary(session: RealtimeSession): Record<string, unknown> {
  const understood = session.understood.map(({ itemId, startMs, endMs, heard }) => ({
    itemId,
    startMs,
    endMs,
    heard,
  }))
  const { id, appended, closed } = session
  return { id, model: session.config.model, appended, closed, understood, responses: session.responseCount }
}

function actOn(parts: ControlParts, id: string, act: string): Answer {
  const session = parts.sessions.find((other) => other.id === id)
  if (!session) return notFound(id)
  if (act === 'drop') session.drop()
  else if (act === 'stall') session.stall()
  else if (act === 'expire') session.expire()
  else return notFound(act)
  return ok({})
}

function addFault(parts: ControlParts, json: unknown): Answer {
  const checked = faultProblem(json)
  if ('problem' in checked) return problem(checked.problem.message)
  parts.faults.add(checked.fault)
  return ok(parts.faults.waiting)
}

function setSwitches(parts: ControlParts, json: unknown): Answer {
  const wrong = switchesProblem(json)
  if (wrong) return problem(wrong.message)
  if (isObject(json)) Object.assign(parts.switches, json)
  return ok(parts.switches)
}

function setBrain(parts: ControlParts, json: unknown): Answer {
  const made = brainFromJson(json)
  if ('problem' in made) return problem(made.problem.message)
  parts.setBrain(made.brain)
  return ok({ rules: made.brain.length })
}

function ok(body: unknown): Answer {
  return { status: 200, body }
}

function problem(message: string): Answer {
  return { status: 400, body: { error: { type: 'invalid_request_error', code: 'invalid_value', message } } }
}

function notFound(what: string): Answer {
  return {
    status: 404,
    body: {
      error: { type: 'invalid_request_error', code: 'unknown_url', message: `There is no ${what} here.` },
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
