import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Problem, type ProblemCode, problems, type Service } from '@toritsugi/contracts'
import { fallbackDocument } from './fallback-document.ts'
import { type ForwardFault, forward } from './forward.ts'
import { frontPage } from './front-page.ts'
import { type Route, routeOf, wantsDocument } from './routes.ts'
import { refuseUpgrade, tunnel } from './tunnel.ts'

export type EdgeOptions = {
  /** Private origin of each service, like `http://127.0.0.1:8081`. */
  origins: Readonly<Record<Service, string>>
  onFault?: (fault: ForwardFault & { service: Service; path: string }) => void
}

/** The carrier waits 15 s for a document: what is said instead must be there before. */
const DOCUMENT_DEADLINE_MS = 13_000
const ANSWER_DEADLINE_MS = 60_000

/** One address in front of the five services: routes by path, and answers what must be answered without them. */
export function createEdge(options: EdgeOptions): Server {
  const server = createServer((incoming, outgoing) => answer(incoming, outgoing, options))
  server.headersTimeout = 10_000
  server.requestTimeout = 60_000
  server.keepAliveTimeout = 65_000
  server.maxHeadersCount = 100
  server.on('upgrade', (incoming: IncomingMessage, socket, head) => {
    ;(socket as Socket).setNoDelay(true)
    if (routeOf(incoming.url ?? '') === 'media-bridge') {
      tunnel(incoming, socket, head, options.origins['media-bridge'])
    } else {
      refuseUpgrade(socket, 404, 'Not Found')
    }
  })
  return server
}

function answer(incoming: IncomingMessage, outgoing: ServerResponse, options: EdgeOptions): void {
  const target = incoming.url ?? '/'
  const route = routeOf(target)
  if (route === 'front-page' || route === 'health' || route === 'fallback' || route === 'nowhere') {
    incoming.resume()
    answerHere(route, target, outgoing)
    return
  }
  const spoken = wantsDocument(target)
  forward(incoming, outgoing, {
    origin: options.origins[route],
    deadlineMs: spoken ? DOCUMENT_DEADLINE_MS : ANSWER_DEADLINE_MS,
    replaceServerErrors: spoken,
    onFault(fault) {
      options.onFault?.({ ...fault, service: route, path: target })
      if (spoken) {
        answerHere('fallback', target, outgoing)
        return
      }
      const how = fault.because === 'too-slow' ? 'did not answer in time' : 'cannot be reached'
      sendProblem(outgoing, 'service.unavailable', target, `The service ${route} ${how}.`, 502)
    },
  })
}

function answerHere(route: Exclude<Route, Service>, target: string, outgoing: ServerResponse): void {
  if (route === 'front-page') send(outgoing, 200, 'text/html; charset=utf-8', frontPage)
  else if (route === 'health') send(outgoing, 200, 'application/json', '{"status":"ok"}')
  else if (route === 'fallback') send(outgoing, 200, 'text/xml; charset=utf-8', fallbackDocument)
  else sendProblem(outgoing, 'route.not-found', target, 'There is nothing here; / names what there is.')
}

function sendProblem(
  outgoing: ServerResponse,
  code: ProblemCode,
  instance: string,
  detail: string,
  status: number = problems[code].status,
): void {
  const body: Problem = {
    type: 'about:blank',
    title: problems[code].title,
    status,
    code,
    detail,
    instance: instance.slice(0, 500),
    requestId: randomUUID(),
  }
  send(outgoing, status, 'application/problem+json', JSON.stringify(body))
}

function send(outgoing: ServerResponse, status: number, type: string, body: string): void {
  outgoing.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  outgoing.end(body)
}
