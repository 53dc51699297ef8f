import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream'
import { type KV, Kvm } from '@nats-io/kv'
import { asBusFault } from './bus-faults.ts'
import type { Connection } from './connection.ts'

/** Small values that every pod sees and that expire. */
export type KeyValue = {
  /** Stores the value if the key is free; of two at the same time one gets true. */
  create(key: string, value: string): Promise<boolean>
  /** The value, or null when there is none or it has expired. */
  get(key: string): Promise<string | null>
  /** Stores the value and starts its time anew. */
  put(key: string, value: string): Promise<void>
  delete(key: string): Promise<void>
}

/** @param ttlMs how long a value lives; whole seconds, at least 1000 */
export type KeyValueOptions = { ttlMs: number }

/**
 * A bucket whose values expire by themselves. It is made when it is first used.
 * @throws Fault `bus.unavailable` or `bus.timed-out` from every method while the server is away
 */
export function openKeyValue(connection: Connection, bucket: string, options: KeyValueOptions): KeyValue {
  const ttlSeconds = Math.max(1, Math.ceil(options.ttlMs / 1000))
  const ttl = `${ttlSeconds}s`
  let opened: Promise<KV> | undefined

  const open = (): Promise<KV> => {
    opened ??= new Kvm(connection.js)
      .create(bucket, {
        history: 1,
        // Each write carries its own time to live; this is the net under it, and how long markers stay.
        ttl: ttlSeconds * 2000,
        markerTTL: 60_000,
        maxValueSize: 65_536,
        max_bytes: 64 * 1024 ** 2,
      })
      .catch((error: unknown) => {
        opened = undefined
        throw error
      })
    return opened
  }

  const attempt = async <T>(work: (kv: KV) => Promise<T>): Promise<T> => {
    try {
      connection.assertConnected()
      return await work(await open())
    } catch (error) {
      throw asBusFault(error)
    }
  }

  return {
    create: (key, value) =>
      attempt(async (kv) => {
        try {
          await kv.create(key, value, ttl)
          return true
        } catch (error) {
          if (
            error instanceof JetStreamApiError &&
            error.code === JetStreamApiCodes.StreamWrongLastSequence
          ) {
            return false
          }
          throw error
        }
      }),
    get: (key) =>
      attempt(async (kv) => {
        const entry = await kv.get(key)
        // What has expired is read as a marker, not as nothing.
        return entry === null || entry.operation !== 'PUT' ? null : entry.string()
      }),
    put: (key, value) =>
      attempt(async () => {
        // The client's own put knows no time to live.
        await connection.js.publish(`$KV.${bucket}.${key}`, value, { ttl, timeout: 3000 })
      }),
    delete: (key) => attempt((kv) => kv.delete(key)),
  }
}
