import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import { Fault } from '@toritsugi/contracts'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
  type RawServerDefault,
} from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { health, type ReadinessCheck } from './health.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { type OpenApiInfo, openApi } from './open-api.ts'
import { problemFromError, problemHeaders, problemOf } from './problems.ts'
import { createRouteList } from './route-list.ts'

/** A Fastify app whose routes take zod schemas. */
export type Http = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

export type HttpOptions = {
  log: Logger
  metrics: Metrics
  /** What must work for the service to be given requests, by name. */
  checks?: Readonly<Record<string, ReadinessCheck>>
  /** Largest body, bytes. Default 256 KiB. */
  bodyLimit?: number
  /** Takes `application/x-www-form-urlencoded` bodies (Twilio's webhooks). */
  forms?: boolean
  /** Serves `/openapi.json` made of the routes. */
  openApi?: OpenApiInfo
  /** Believe `X-Forwarded-*`. Never used for signatures: those are checked against the configured address. */
  trustProxy?: boolean
  /** Longest a handler may take before the asker gets 503, ms. Default 20 000. */
  handlerTimeoutMs?: number
}

const requestIdShape = /^[A-Za-z0-9._:-]{1,100}$/

/**
 * The HTTP side of a service: problems for every error, request ids, limits on everything, health and metrics.
 * It never listens.
 */
export async function buildHttp(options: HttpOptions): Promise<Http> {
  const { log, metrics, bodyLimit = 262_144, handlerTimeoutMs = 20_000 } = options
  const app: Http = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    // Addresses the router cannot read do not reach the error handler.
    frameworkErrors: answerError,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    trustProxy: options.trustProxy ?? false,
    bodyLimit,
    handlerTimeout: handlerTimeoutMs,
    // The time a whole request may take to arrive; and a socket on which nothing moves is closed.
    requestTimeout: 15_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle',
    // What still comes in on open connections is served; new connections are not taken.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    http: { headersTimeout: 10_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 1000 },
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<ZodTypeProvider>()
  app.server.maxRequestsPerSocket = 1000
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)

  const routes = createRouteList()
  app.addHook('onRoute', (route) => routes.add(route.method, route.url))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? '(none)'
    metrics.http(request.method, route, reply.statusCode, reply.elapsedTime)
    request.log.debug(
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request answered',
    )
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.methodsAt(request.url)
    if (allowed.length > 0) reply.header('allow', allowed.join(', '))
    const problem = problemOf(allowed.length > 0 ? 'route.wrong-method' : 'route.not-found', {
      requestId: request.id,
    })
    return reply.status(problem.status).headers(problemHeaders(problem)).send(JSON.stringify(problem))
  })

  await app.register(helmet, {
    // An API: nothing of it may be framed, sniffed or run.
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    hsts: false,
  })
  if (options.forms) await app.register(formbody, { bodyLimit: Math.min(bodyLimit, 65_536) })
  if (options.openApi) await app.register(openApi, options.openApi)
  await app.register(health, { metrics, checks: options.checks ?? {} })
  return app
}

function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && requestIdShape.test(given) ? given : randomUUID()
}

/** Every error as a problem; only what is our own fault or the outside's is logged. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemFromError(error, request.id)
  const fields = { err: error, code: problem.code, method: request.method, route: request.routeOptions.url }
  if (problem.code === 'internal.bug') request.log.error(fields, 'request broke')
  else if (problem.status >= 500) request.log.warn(fields, 'request failed')
  void reply
    .status(problem.status)
    .headers({ 'x-request-id': request.id, ...problemHeaders(problem) })
    .send(JSON.stringify(problem))
}

/** What cannot even be read as HTTP gets its problem too, then the socket is closed. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const timedOut = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const overflow = error.code === 'HPE_HEADER_OVERFLOW'
  const problem = problemOf(
    timedOut ? 'request.timed-out' : overflow ? 'request.too-large' : 'request.malformed',
  )
  const status = overflow
    ? '431 Request Header Fields Too Large'
    : timedOut
      ? '408 Request Timeout'
      : '400 Bad Request'
  const body = JSON.stringify(problem)
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** Throws the problem that a refusal's code stands for. */
export function refuseRequest(code: ConstructorParameters<typeof Fault>[0], detail?: string): never {
  throw new Fault(code, detail === undefined ? {} : { detail })
}
