import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { Fault } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { serviceVariables } from './common-config.ts'
import { secret } from './config.ts'
import { buildHttp } from './http.ts'
import { type BuiltService, type HostProcess, type ServiceParts, startService } from './start-service.ts'

const config = z.object({ ...serviceVariables(8099), OWN_SECRET: secret(4) })

/** A process that records what becomes of it. */
function hosting(env: Record<string, string>) {
  const signals = new Map<string, (reason: unknown) => void>()
  let told = ''
  let end: (code: number) => void = () => {}
  const exited = new Promise<number>((resolve) => {
    end = resolve
  })
  const host: HostProcess = {
    env: { PROFILE: 'local', LOG_LEVEL: 'silent', OWN_SECRET: 'sesame', STOP_GRACE_MS: '200', ...env },
    stderr: { write: (text) => (told += text) },
    on: (event, then) => signals.set(event, then),
    exit: (code) => end(code),
  }
  return { host, exited, told: () => told, signal: (name: string) => signals.get(name)?.(name) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

type Parts = ServiceParts<z.output<typeof config>>
const build =
  (closing: string[], more: Partial<BuiltService> = {}) =>
  async ({ log, metrics, isStopping }: Parts): Promise<BuiltService> => ({
    app: await buildHttp({ log, metrics, checks: { running: () => !isStopping() } }),
    drain: async () => {
      closing.push('drained')
    },
    close: async () => {
      closing.push('closed')
    },
    ...more,
  })

describe('a service', () => {
  it('starts, serves, and stops in order', async () => {
    const port = await freePort()
    const process = hosting({ PORT: String(port) })
    const closing: string[] = []
    await startService({ name: 'test', config, build: build(closing), host: process.host })
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
    process.signal('SIGTERM')
    expect(await process.exited).toBe(0)
    expect(closing).toEqual(['drained', 'closed'])
    await expect(fetch(`http://127.0.0.1:${port}/readyz`)).rejects.toThrow()
  })

  it('is not ready any more while it drains', async () => {
    const port = await freePort()
    const process = hosting({ PORT: String(port), STOP_GRACE_MS: '5000' })
    let letGo = () => {}
    const drain = () =>
      new Promise<void>((resolve) => {
        letGo = resolve
      })
    await startService({ name: 'test', config, build: build([], { drain }), host: process.host })
    process.signal('SIGINT')
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503)
    letGo()
    expect(await process.exited).toBe(0)
  })

  it('ends at its deadline when something hangs, and says so by its exit code', async () => {
    const process = hosting({ PORT: String(await freePort()), STOP_GRACE_MS: '20' })
    const closing: string[] = []
    await startService({
      name: 'test',
      config,
      build: build(closing, { drain: () => new Promise(() => {}) }),
      host: process.host,
    })
    process.signal('SIGTERM')
    expect(await process.exited).toBe(1)
    expect(closing).toEqual(['closed'])
  })

  it('ends at once at the second signal', async () => {
    const process = hosting({ PORT: String(await freePort()), STOP_GRACE_MS: '60000' })
    await startService({
      name: 'test',
      config,
      build: build([], { drain: () => new Promise(() => {}) }),
      host: process.host,
    })
    process.signal('SIGTERM')
    process.signal('SIGTERM')
    expect(await process.exited).toBe(1)
  })

  it('does not start with a bad configuration', async () => {
    const process = hosting({ OWN_SECRET: 'abc', PORT: '-1' })
    await startService({ name: 'test', config, build: build([]), host: process.host })
    expect(await process.exited).toBe(1)
    expect(process.told()).toMatch(/^test cannot start: [\s\S]*PORT: [\s\S]*OWN_SECRET: must have at least 4/)
  })

  it('does not start on a taken port, and closes what it had opened', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const process = hosting({ PORT: String(port) })
    const closing: string[] = []
    await startService({ name: 'test', config, build: build(closing), host: process.host })
    expect(await process.exited).toBe(1)
    expect(process.told()).toBe(
      `test cannot start: port ${port} on 127.0.0.1 is taken; set PORT to another one\n`,
    )
    expect(closing).toEqual(['closed'])
    taken.close()
  })

  it('does not start without its bus', async () => {
    const process = hosting({ PORT: String(await freePort()) })
    const failing = async () => {
      throw new Fault('bus.unavailable', { detail: 'nobody answers at nats://127.0.0.1:1' })
    }
    await startService({ name: 'test', config, build: failing, host: process.host })
    expect(process.told()).toBe(
      'test cannot start: The bus cannot be reached: nobody answers at nats://127.0.0.1:1\n',
    )
    expect(await process.exited).toBe(1)
  })

  it('outlives a rejection, but not an exception', async () => {
    const process = hosting({ PORT: String(await freePort()) })
    await startService({ name: 'test', config, build: build([]), host: process.host })
    process.signal('unhandledRejection')
    process.signal('uncaughtException')
    expect(await process.exited).toBe(1)
    process.signal('SIGTERM')
  })
})
