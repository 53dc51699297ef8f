import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRoles, migrate, type ServiceSchema, serviceSchemas } from '@toritsugi/db'
import { removeAfterwards, startNats, startPostgres } from '@toritsugi/embedded-servers'
import { type Core, keepOn } from '../process/pinned-child.ts'

/** The real servers under the services, for one run: empty at the start, gone after it. */
export type House = {
  natsUrl: string
  /** The address of the services' database for one of their roles. */
  databaseUrl(role: ServiceSchema): string
  /** A folder for whatever files a service writes. */
  folder: string
  stop(): Promise<void>
}

/**
 * Starts nats-server, and Postgres with every migration when it is wanted.
 * @param wanted durable: false lets Postgres not wait for the disk; true, as in production, is the default
 */
export async function openHouse(wanted: {
  database: boolean
  core: Core
  durable?: boolean
}): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'toritsugi-bench-'))
  removeAfterwards(folder)
  const closers: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const nats = await startNats({ storeDir: join(folder, 'nats'), port: 0 })
    closers.push(() => nats.stop())
    await keepOn(wanted.core, nats.pid)
    const postgresUrl = wanted.database ? await startDatabase(folder, wanted, closers) : undefined
    return {
      natsUrl: nats.url,
      folder,
      stop,
      databaseUrl(role) {
        if (postgresUrl === undefined) throw new Error('this house has no database')
        const url = new URL(postgresUrl.url)
        url.username = role
        url.password = postgresUrl.password
        return url.href
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startDatabase(
  folder: string,
  { core, durable = true }: { core: Core; durable?: boolean },
  closers: (() => Promise<unknown>)[],
): Promise<{ url: string; password: string }> {
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: 0, durable })
  closers.push(() => postgres.stop())
  await keepOn(core, postgres.pid)
  const password = randomBytes(12).toString('hex')
  const passwords = Object.fromEntries(serviceSchemas.map((schema) => [schema, password]))
  await createRoles(postgres.url, passwords as Record<ServiceSchema, string>)
  await migrate({ url: postgres.url })
  return { url: postgres.url, password }
}
