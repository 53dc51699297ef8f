import { join } from 'node:path'
import { type NatsServer, startNats } from '@toritsugi/embedded-servers'
import { makeScratch } from './scratch.ts'

/** A nats-server of one's own, with JetStream. It is light enough that every test file has one. */
export type OwnNats = {
  /** The same after a restart. */
  url: string
  /** As a power cut. */
  kill(): Promise<void>
  stop(): Promise<void>
  /** Brings it back on the same port, with the streams it had stored. */
  start(): Promise<void>
  /** Ends it for good and removes its streams. */
  close(): Promise<void>
}

/** Starts an empty nats-server; `configFile` and `env` give it users and permissions. */
export async function startOwnNats(
  options: { configFile?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<OwnNats> {
  const scratch = makeScratch('nats')
  const storeDir = join(scratch.path, 'nats')
  let server: NatsServer | undefined = await startNats({ storeDir, port: 0, ...options })
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
      server ??= await startNats({ storeDir, port, ...options })
    },
    async close() {
      await take()?.stop()
      scratch.remove()
    },
  }
}
