import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/nats-core'
import { Fault, streams } from '@toritsugi/contracts'
import { isMissing } from './bus-faults.ts'
import { maxMessageBytes } from './envelope-codec.ts'
import type { Log } from './log.ts'

const dayMs = 86_400_000

/** Where messages go that no consumer could take; subject `dead.v1.<consumer>`. */
export const deadLetterStream = 'DEADLETTER'

type Wanted = Pick<
  StreamConfig,
  'name' | 'subjects' | 'retention' | 'storage' | 'max_age' | 'duplicate_window' | 'discard' | 'allow_direct'
> & { max_bytes: number; max_msg_size: number; description: string }

/** Every stream of the system, as it should be. */
export function wantedStreams(): Wanted[] {
  const facts = Object.entries(streams).map(([name, stream]) => ({
    ...limits(name, [...stream.subjects], stream.maxAgeDays, stream.duplicateWindowMs),
    description: name === 'CALLS' ? 'Facts about calls' : 'Facts that are not about one call',
  }))
  const dead = {
    ...limits(deadLetterStream, ['dead.v1.>'], 30, 120_000),
    description: 'Messages that a consumer could not take, with the reason',
  }
  return [...facts, dead]
}

function limits(name: string, subjects: string[], days: number, duplicateWindowMs: number) {
  return {
    name,
    subjects,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(days * dayMs),
    max_bytes: 8 * 1024 ** 3,
    max_msg_size: maxMessageBytes,
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
  }
}

/**
 * Creates the streams that are missing and brings the others to what is wanted; harmless when repeated or done
 * by several services at once.
 * @throws Error in plain words when a stream of that name exists that cannot be changed into ours
 */
export async function ensureStreams(jsm: JetStreamManager, log: Log): Promise<void> {
  for (const wanted of wantedStreams()) await ensureStream(jsm, wanted, log)
}

async function ensureStream(jsm: JetStreamManager, wanted: Wanted, log: Log): Promise<void> {
  const found = await jsm.streams.info(wanted.name).catch((error: unknown) => {
    if (isMissing(error)) return null
    throw error
  })
  if (found === null) {
    try {
      await jsm.streams.add(wanted)
      log.info({ stream: wanted.name }, 'stream created')
    } catch (error) {
      // Another service was quicker, with the same or a slightly older idea of it.
      if (codeOf(error) === nameInUse) return ensureStream(jsm, wanted, log)
      throw conflict(wanted.name, error)
    }
    return
  }
  const { config } = found
  if (config.storage !== wanted.storage || config.retention !== wanted.retention) {
    throw conflict(
      wanted.name,
      new Error(`it keeps ${config.retention} in ${config.storage}, wanted ${wanted.retention} in file`),
    )
  }
  const differs = Object.entries(wanted).some(
    ([key, value]) => JSON.stringify(config[key as keyof StreamConfig]) !== JSON.stringify(value),
  )
  if (!differs) return
  try {
    await jsm.streams.update(wanted.name, { ...config, ...wanted })
    log.info({ stream: wanted.name }, 'stream updated')
  } catch (error) {
    throw conflict(wanted.name, error)
  }
}

/** "stream name already in use with a different configuration" */
const nameInUse = 10058

function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined
}

function conflict(name: string, cause: unknown): Error {
  if (!(cause instanceof JetStreamApiError) && !(cause instanceof Error))
    return new Fault('bus.unavailable', { cause })
  return new Fault('bus.unavailable', {
    cause,
    retryable: false,
    detail:
      `the stream ${name} cannot be made what it should be (${cause.message}); ` +
      `another system on this NATS server may own it or its subjects`,
  })
}
