import { type Operation, Problem, problems } from '@toritsugi/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Http } from './http.ts'

type Part<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** What a handler of an operation is given: its parts, read by their schemas. */
export type OperationRequest<O extends Operation> = {
  params: Part<O['params']>
  query: Part<O['query']>
  body: Part<O['body']>
  request: FastifyRequest
  reply: FastifyReply
}

/**
 * Serves one operation of the REST API as the contract writes it: path, schemas, scope and status come from
 * there. The handler returns the answer's body, or throws a Fault.
 */
export function serveOperation<O extends Operation>(
  app: Http,
  operation: O,
  handle: (asked: OperationRequest<O>) => Promise<z.input<O['response']>>,
): void {
  const { method, path, scope, status, params, query, body, response } = operation
  const codes = [...new Set(operation.problems.map((code) => problems[code].status))]
  app.route({
    method,
    url: path,
    config: { scope },
    schema: {
      operationId: operation.id,
      summary: operation.summary,
      tags: [operation.tag],
      security: [{ apiKey: [] }],
      ...(params ? { params } : {}),
      ...(query ? { querystring: query } : {}),
      ...(body ? { body } : {}),
      response: {
        ...(status === 204 ? {} : { [status]: response }),
        ...Object.fromEntries([400, 401, 403, ...codes].map((code) => [code, Problem])),
      },
    } as object,
    async handler(request, reply) {
      const value = await handle({
        params: request.params,
        query: request.query,
        body: request.body,
        request,
        reply,
      } as OperationRequest<O>)
      if (reply.sent) return reply
      return status === 204 ? reply.status(204).send() : reply.status(status).send(value)
    },
  })
}
