import { afterAll } from 'vitest'
import type { DatabaseKind } from './database-maker.ts'
import { INFRA_VARIABLE } from './infra-variable.ts'
import { TEST_ROLE_PASSWORD } from './test-roles.ts'

export type TestPostgres = {
  /** The address of this file's database for a role (`call_control`, `handoff`…); without one, for the superuser. */
  url(role?: string): string
  /** Another database of the same server, dropped with this one. */
  another(kind?: DatabaseKind): Promise<string>
}

/**
 * A database of this test file's own on the run's real Postgres: migrated, empty, gone after the file.
 * `empty: true` gives one without roles' grants and tables, for tests of the migrations themselves.
 */
export async function usePostgres(options: { empty?: boolean } = {}): Promise<TestPostgres> {
  const made: string[] = []
  const make = async (kind: DatabaseKind) => {
    const url = await ask('POST', `kind=${kind}`)
    made.push(url)
    return url
  }
  const superuser = await make(options.empty ? 'empty' : 'prepared')
  afterAll(async () => {
    for (const url of made) await ask('DELETE', `url=${encodeURIComponent(url)}`)
  })
  return {
    url(role) {
      if (role === undefined) return superuser
      const url = new URL(superuser)
      url.username = role
      url.password = TEST_ROLE_PASSWORD
      return url.href
    },
    another: (kind = 'empty') => make(kind),
  }
}

async function ask(method: 'POST' | 'DELETE', query: string): Promise<string> {
  const base = process.env[INFRA_VARIABLE]
  if (!base) {
    throw new Error(
      'usePostgres works in the "integration" and "calls" projects, whose set-up offers the servers',
    )
  }
  const response = await fetch(`${base}/databases?${query}`, { method, signal: AbortSignal.timeout(50_000) })
  const text = await response.text()
  if (!response.ok) throw new Error(`the test database could not be made: ${text}`)
  return text
}
