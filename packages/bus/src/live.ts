import type { z } from 'zod'
import type { Connection } from './connection.ts'
import type { Subscription } from './consumer.ts'
import { decodeJson, issuesOf } from './envelope-codec.ts'
import type { Log } from './log.ts'
import type { BusObserver } from './observer.ts'

/** Listens on a subject that is not stored. A message that does not fit is dropped and counted. */
export function onLive<Schema extends z.ZodType>(
  connection: Connection,
  observer: BusObserver,
  log: Log,
  subject: string,
  schema: Schema,
  handle: (data: z.output<Schema>, subject: string) => void,
): Subscription {
  const subscription = connection.nats.subscribe(subject, {
    callback: (err, message) => {
      if (err) {
        log.error({ err, subject }, 'live subscription failed')
        return
      }
      const json = decodeJson(message.data)
      const data = schema.safeParse(json.ok ? json.value : undefined)
      if (!data.success) {
        observer.count?.('live-malformed', subject)
        log.debug({ subject: message.subject, reason: issuesOf(data.error) }, 'live message dropped')
        return
      }
      try {
        handle(data.data, message.subject)
      } catch (error) {
        log.error({ err: error, subject: message.subject }, 'live handler broke')
      }
    },
  })
  return {
    ready: connection.nats.flush().catch(() => {}),
    async stop() {
      subscription.unsubscribe()
    },
  }
}
