import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@toritsugi/embedded-servers'
import { makeScratch } from './scratch.ts'

/** A Postgres of one's own, to be killed and brought back in outage tests. */
export type OwnPostgres = {
  /** The superuser's address; the same after a restart. */
  url: string
  /** As a power cut. */
  kill(): Promise<void>
  /** Fast shutdown. */
  stop(): Promise<void>
  /** Brings it back on the same port, with the data it had committed. */
  start(): Promise<void>
  /** Ends it for good and removes its data. */
  close(): Promise<void>
}

/** Starts an empty Postgres. `durable` (default false) keeps what was committed even when it is killed by the system. */
export async function startOwnPostgres(options: { durable?: boolean } = {}): Promise<OwnPostgres> {
  const scratch = makeScratch('postgres')
  const dataDir = join(scratch.path, 'postgres')
  const durable = options.durable ?? false
  let server: PostgresServer | undefined = await startPostgres({ dataDir, port: 0, durable })
  const { url, port } = server
  const take = () => {
    const taken = server
    server = undefined
    return taken
  }
  return {
    url,
    kill: async () => take()?.kill(),
    stop: async () => take()?.stop(),
    async start() {
      server ??= await startPostgres({ dataDir, port, durable })
    },
    async close() {
      await take()?.stop()
      scratch.remove()
    },
  }
}
