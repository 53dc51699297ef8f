import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDatabaseMaker, type DatabaseKind, type PrepareDatabase } from './database-maker.ts'
import { INFRA_VARIABLE } from './infra-variable.ts'

/**
 * The part of a test run that its workers share: one Postgres, started when the first of them asks. It is spoken to
 * over loopback HTTP, because every test file runs in a process of its own.
 * Returns what ends it; give that to the test runner as its teardown.
 */
export async function startTestInfra(prepare: PrepareDatabase): Promise<() => Promise<void>> {
  const maker = createDatabaseMaker(prepare)
  const server = createServer((request, response) => {
    void answer(request)
      .then(({ status, body }) => response.writeHead(status, { 'content-type': 'text/plain' }).end(body))
      .catch((error: unknown) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
        response.writeHead(500, { 'content-type': 'text/plain' }).end(text)
      })
  })
  async function answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const url = new URL(request.url ?? '/', 'http://infra')
    if (url.pathname !== '/databases') return { status: 404, body: 'not found' }
    if (request.method === 'POST') {
      const kind: DatabaseKind = url.searchParams.get('kind') === 'empty' ? 'empty' : 'prepared'
      return { status: 201, body: await maker.make(kind) }
    }
    if (request.method === 'DELETE') {
      await maker.drop(url.searchParams.get('url') ?? '')
      return { status: 204, body: '' }
    }
    return { status: 405, body: 'POST or DELETE' }
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  server.unref()
  process.env[INFRA_VARIABLE] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async () => {
    delete process.env[INFRA_VARIABLE]
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await maker.close()
  }
}
