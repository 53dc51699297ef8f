import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { rfc2822 } from '../core/dates.ts'
import type { World } from '../world.ts'
import { isOfCall, startRecording, updateRecording } from './call-recording-routes.ts'
import { createCall, fetchCall, findCalls, updateCall } from './call-routes.ts'
import { partOf } from './media.ts'
import { notFound, problem, type RestAnswer } from './problem.ts'
import { deleteRecording, fetchMedia, listRecordings, showRecording } from './recording-routes.ts'

const MAX_FORM = 256 * 1024
const ACCOUNT = /^\/2010-04-01\/Accounts\/([^/]+?)(\.json|\/.*)$/

const TOO_MANY = problem(429, 20429, 'Too Many Requests')
const MEDIA = /\/Recordings\/RE[0-9a-f]{32}(\.wav|)$/

export type RestAction = 'create' | 'update' | 'fetch' | 'list' | 'record'
type Handled = { action: RestAction; run: () => RestAnswer }

/** Answers requests below `/2010-04-01`, as the REST API does. Never rejects. */
export async function answerRest(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://carrier')
  const { restRequests, limits } = world
  restRequests.inFlight += 1
  response.once('close', () => {
    restRequests.inFlight -= 1
  })
  response.setHeader('twilio-concurrent-requests', restRequests.inFlight)
  if (restRequests.inFlight > limits.restConcurrency) {
    request.resume()
    send(request, response, TOO_MANY)
    return
  }
  const answer = await handle(world, request, url)
  if (answer === 'none') return
  if (answer === 'disconnect') {
    request.socket.destroy()
    return
  }
  send(request, response, answer)
}

async function handle(
  world: World,
  request: IncomingMessage,
  url: URL,
): Promise<RestAnswer | 'none' | 'disconnect'> {
  const isOpen = world.switches.recordingMedia === 'open' && MEDIA.test(url.pathname)
  if (!isOpen && !isAuthorized(world, request.headers.authorization)) {
    return problem(401, 20003, world.switches.refusedCredentials)
  }
  const [, accountSid, rest = ''] = ACCOUNT.exec(url.pathname) ?? []
  if (accountSid !== world.account.sid) return notFound(url.pathname)
  const form = await readForm(request)
  if (!(form instanceof URLSearchParams)) return form
  const handled = route(world, request.method ?? 'GET', rest, url, form)
  if ('status' in handled) return handled
  const fault = world.faults.take('rest', undefined, ({ on }) => on === undefined || on === handled.action)
  if (!fault) return noted(world, url, handled.run())
  const { answer, processed = false } = fault
  if (processed && answer !== 429) handled.run()
  if (answer === 'timeout') return 'none'
  if (answer === 'disconnect') return 'disconnect'
  if (answer === 429) return TOO_MANY
  return problem(
    answer,
    answer === 503 ? 20503 : 20500,
    answer === 503 ? 'Service Unavailable' : 'Internal Server Error',
  )
}

function route(
  world: World,
  method: string,
  rest: string,
  url: URL,
  form: URLSearchParams,
): Handled | RestAnswer {
  const path = url.pathname
  const callSid = /^\/Calls\/(CA[0-9a-f]{32})\.json$/.exec(rest)?.[1]
  if (rest === '/Calls.json' && method === 'POST')
    return { action: 'create', run: () => createCall(world, form) }
  if (rest === '/Calls.json' && method === 'GET') {
    return { action: 'list', run: () => findCalls(world, url.searchParams) }
  }
  if (callSid && method === 'GET') return { action: 'fetch', run: () => fetchCall(world, path, callSid) }
  if (callSid && method === 'POST')
    return { action: 'update', run: () => updateCall(world, path, callSid, form) }
  const recording = routeRecording(world, method, rest, url, form)
  if (recording) return recording
  if (rest === '.json' && method === 'GET')
    return { action: 'fetch', run: () => ({ status: 200, body: account(world) }) }
  if (rest === '/Calls.json' || callSid) return problem(405, 20004, 'Method not allowed')
  return notFound(path)
}

/** Everything below `/Recordings` and `/Calls/{CA}/Recordings`. */
function routeRecording(
  world: World,
  method: string,
  rest: string,
  { pathname: path, searchParams: query }: URL,
  form: URLSearchParams,
): Handled | RestAnswer | undefined {
  const [, callSid, sid, ending] =
    /^(?:\/Calls\/(CA[0-9a-f]{32}))?\/Recordings(?:\/(RE[0-9a-f]{32}|Twilio\.CURRENT))?(\.json|\.wav|\.mp3|)$/.exec(
      rest,
    ) ?? []
  if (ending === undefined) return undefined
  const call = callSid ? world.calls.get(callSid) : undefined
  if (callSid && !call) return notFound(path)
  if (!sid) {
    if (ending !== '.json') return notFound(path)
    if (method === 'GET') return { action: 'list', run: () => listRecordings(world, path, query, callSid) }
    if (method !== 'POST' || !callSid) return problem(405, 20004, 'Method not allowed')
    return { action: 'record', run: () => startRecording(world, path, callSid, form) }
  }
  if (method === 'POST' && callSid && ending === '.json') {
    return { action: 'record', run: () => updateRecording(world, path, { callSid, sid }, form) }
  }
  if (callSid && !isOfCall(call, world, sid)) return notFound(path)
  if (method === 'DELETE') return { action: 'record', run: () => deleteRecording(world, path, sid) }
  if (method !== 'GET') return problem(405, 20004, 'Method not allowed')
  if (ending === '.json') return { action: 'fetch', run: () => showRecording(world, path, sid, query) }
  if (ending === '.mp3') {
    world.debugger.error('not-simulated', 'This carrier has recordings as WAV only', { url: path })
    return notFound(path)
  }
  return { action: 'fetch', run: () => fetchMedia(world, path, sid, query) }
}

/**
 * Mistakes in a request are in the debugger too. That a call is over (21220) or unknown is no mistake but an answer.
 */
function noted(world: World, url: URL, answer: RestAnswer): RestAnswer {
  const { code, message } = (answer.body ?? {}) as { code?: number; message?: string }
  if (answer.status === 400 && code !== 21220) {
    world.debugger.error(String(code), message ?? '', { url: url.pathname })
  }
  return answer
}

function account(world: World): Record<string, unknown> {
  const uri = `/2010-04-01/Accounts/${world.account.sid}`
  return {
    sid: world.account.sid,
    friendly_name: 'Simulated account',
    status: 'active',
    type: 'Full',
    date_created: rfc2822(new Date(0)),
    uri: `${uri}.json`,
    subresource_uris: { calls: `${uri}/Calls.json`, recordings: `${uri}/Recordings.json` },
  }
}

/** Basic authentication by account SID and token, or by an API key. */
function isAuthorized({ account }: World, header: string | undefined): boolean {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? []
  if (!encoded) return false
  const given = Buffer.from(encoded, 'base64').toString('utf8')
  const known = [{ sid: account.sid, secret: account.authToken }, ...account.apiKeys]
  return known.some(({ sid, secret }) => isSame(given, `${sid}:${secret}`))
}

function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | RestAnswer> {
  if (request.method !== 'POST') return new URLSearchParams()
  const type = request.headers['content-type'] ?? ''
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MAX_FORM) return problem(413, 20001, 'The request is too large')
    parts.push(part)
  }
  if (size > 0 && !/^application\/x-www-form-urlencoded\b/i.test(type)) {
    return problem(
      415,
      20001,
      `Content-Type must be application/x-www-form-urlencoded, not ${type || 'none'}`,
    )
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'))
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, file }: RestAnswer): void {
  if (response.destroyed) return
  response.setHeader('twilio-request-id', `RQ${crypto.randomUUID().replaceAll('-', '')}`)
  response.statusCode = status
  if (file) {
    const part = partOf(file.bytes, request.headers.range)
    response.writeHead(part.status, {
      'content-type': file.type,
      'content-length': part.bytes.length,
      ...part.headers,
    })
    response.end(part.bytes)
  } else if (body === undefined) response.end()
  else {
    response.setHeader('content-type', 'application/json;charset=utf-8')
    response.end(JSON.stringify(body))
  }
}
