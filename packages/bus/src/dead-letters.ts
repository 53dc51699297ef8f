import type { JsMsg } from '@nats-io/jetstream'
import { headers } from '@nats-io/nats-core'
import type { Connection } from './connection.ts'
import { encodeJson } from './envelope-codec.ts'
import type { Log } from './log.ts'
import type { BusObserver } from './observer.ts'

/** What lies on `dead.v1.<consumer>`: where it came from, why it is here, and the message as it was. */
export type DeadLetter = {
  consumer: string
  reason: string
  subject: string
  streamSequence: number
  deliveries: number
  buriedAt: string
  /** Length of the message. */
  bytes: number
  /** The message's first 512 KiB, base64: it may be anything. The whole of it stays in its stream for 7 days. */
  data: string
}

/** So that base64 and the rest of the letter fit into one message of the bus. */
const keptBytes = 512 * 1024

export type DeadLetters = {
  /**
   * Puts the message with the dead letters, then takes it off the consumer. When even that fails the message
   * stays, and is delivered again later: it is not lost.
   */
  bury(message: JsMsg, reason: string): Promise<void>
}

export function createDeadLetters(
  connection: Connection,
  observer: BusObserver,
  log: Log,
  consumer: string,
): DeadLetters {
  return {
    async bury(message, reason) {
      const letter: DeadLetter = {
        consumer,
        reason: reason.slice(0, 1000),
        subject: message.subject,
        streamSequence: message.seq,
        deliveries: message.info.deliveryCount,
        buriedAt: new Date().toISOString(),
        bytes: message.data.length,
        data: Buffer.from(message.data.subarray(0, keptBytes)).toString('base64'),
      }
      const head = headers()
      head.set('Reason', letter.reason.replace(/[\r\n]+/g, ' '))
      try {
        await connection.js.publish(`dead.v1.${consumer}`, encodeJson(letter), {
          // One grave per consumer and message, however often it is buried.
          msgID: `${consumer}:${message.info.stream}:${message.seq}`,
          timeout: 3000,
          headers: head,
        })
        message.term(letter.reason.slice(0, 100))
        observer.count?.('dead-lettered', consumer)
      } catch (err) {
        log.error({ err, durable: consumer, seq: message.seq }, 'message cannot be buried')
        message.nak(5000)
      }
    },
  }
}
