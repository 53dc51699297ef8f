import swagger from '@fastify/swagger'
import fastify from 'fastify'
import {
  createJsonSchemaTransformObject,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type Operation, operations } from '../operations.ts'
import { Problem, problems } from '../problem.ts'

/** Answers that every operation may give, whatever it does. */
const alwaysPossible = [
  'request.invalid',
  'auth.missing',
  'auth.forbidden',
  'request.too-many',
  'internal.bug',
] as const

function problemAnswers(operation: Operation): Record<number, z.ZodType> {
  const codes = [...alwaysPossible, ...operation.problems]
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort()
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      Problem.describe(codes.filter((code) => problems[code].status === status).join(', ')),
    ]),
  )
}

/**
 * The OpenAPI 3.1 document of the whole REST API, made from the same schemas that the services check with.
 * No server listens: the routes exist only to be described.
 */
export async function openApiDocument(): Promise<object> {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Toritsugi',
        version: '1',
        description:
          'Phone calls answered by a realtime voice. Errors are problem documents (RFC 9457) with a stable `code`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: 'http://localhost:8080', description: 'a system started with npm start' }],
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: createJsonSchemaTransformObject({ schemaRegistry: z.globalRegistry }),
  })
  for (const operation of operations as readonly Operation[]) {
    app.route({
      method: operation.method,
      url: operation.path,
      schema: {
        operationId: operation.id,
        summary: operation.summary,
        description: `Needs a key of scope \`${operation.scope}\`.`,
        tags: [operation.tag],
        ...(operation.params === undefined ? {} : { params: operation.params }),
        ...(operation.query === undefined ? {} : { querystring: operation.query }),
        ...(operation.body === undefined ? {} : { body: operation.body }),
        response: { [operation.status]: operation.response, ...problemAnswers(operation) },
      },
      handler: () => undefined,
    })
  }
  await app.ready()
  const document = app.swagger()
  await app.close()
  return document
}
