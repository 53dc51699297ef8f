import swagger from '@fastify/swagger'
import plugin from 'fastify-plugin'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

export type OpenApiInfo = { title: string; version: string; description?: string }

/** OpenAPI 3.1 of the routes that follow, at `/openapi.json`. */
export const openApi = plugin<OpenApiInfo>(async (app, info) => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: info.title, version: info.version, description: info.description ?? '' },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  app.get('/openapi.json', { schema: { hide: true } as object }, async () => app.swagger())
})
