import { createHash } from 'node:crypto'
import { Fault, type Scope, scopeCovers } from '@toritsugi/contracts'
import plugin from 'fastify-plugin'

/** An API key as the services know it: never the key itself. */
export type ApiKeyIdentity = { id: string; name: string; scope: Scope; expiresAt: string | null }

/** Finds a key by the SHA-256 of its text, hexadecimal. Null: there is no such key. */
export type FindKey = (keyHash: string) => Promise<ApiKeyIdentity | null>

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null on public routes. */
    apiKey: ApiKeyIdentity | null
  }
  interface FastifyContextConfig {
    /** What a key must cover to use the route. Default `viewer`; `public` needs no key. */
    scope?: Scope | 'public'
  }
}

/**
 * Asks for an API key on every route registered in the same scope after it: `Authorization: Bearer <key>`.
 * Routes say what they need with `config: { scope: 'operator' }`. The key is looked up by its hash, so how long
 * the answer takes tells nothing about keys that are nearly right.
 */
export const apiKeyAuth = plugin<{ findKey: FindKey; now?: () => number }>(
  async (app, { findKey, now = Date.now }) => {
    app.decorateRequest('apiKey', null)
    app.addHook('onRequest', async (request) => {
      const needs = request.routeOptions.config.scope ?? 'viewer'
      if (needs === 'public') return
      const key = bearerKey(request.headers.authorization)
      if (key === null) throw new Fault('auth.missing')
      const identity = await findKey(hashKey(key))
      if (identity === null) throw new Fault('auth.unknown-key')
      if (identity.expiresAt !== null && Date.parse(identity.expiresAt) <= now()) {
        throw new Fault('auth.expired-key')
      }
      if (!scopeCovers(identity.scope, needs)) {
        throw new Fault('auth.forbidden', { detail: `this needs a key of scope ${needs}` })
      }
      request.apiKey = identity
    })
  },
  { name: 'api-key-auth' },
)

/** What is stored and looked up instead of the key. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex')
}

function bearerKey(header: string | undefined): string | null {
  return /^Bearer ([A-Za-z0-9._~+/=-]{8,200})$/i.exec(header ?? '')?.[1] ?? null
}
