import { connect, type NatsConnection } from '@nats-io/transport-node'
import { callSubject, Envelope, livePartial, liveSubject } from '@toritsugi/contracts'
import { explainError } from '@toritsugi/embedded-servers'

export type BusListener = { close(): Promise<void> }

/**
 * Hears every call's facts and partial words as they are published. Nothing is stored or acknowledged: this is
 * somebody looking on, and a message that is no envelope is not its business.
 */
export async function listenToBus(
  address: { url: string; user: string; password: string },
  on: {
    fact(envelope: Envelope): void
    partial(partial: { by: string; text: string; turnId: string }): void
  },
): Promise<BusListener> {
  let connection: NatsConnection
  try {
    connection = await connect({
      servers: address.url,
      user: address.user,
      pass: address.password,
      name: 'local-stack',
      timeout: 5_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
    })
  } catch (error) {
    throw explainError('Connecting to NATS', error)
  }
  connection.subscribe(callSubject(), {
    callback(_, message) {
      const envelope = Envelope.safeParse(jsonOf(message))
      if (envelope.success) on.fact(envelope.data)
    },
  })
  connection.subscribe(liveSubject('*', livePartial.what), {
    callback(_, message) {
      const partial = livePartial.schema.safeParse(jsonOf(message))
      if (partial.success) on.partial(partial.data)
    },
  })
  await connection.flush()
  return { close: () => connection.close() }
}

function jsonOf(message: { json(): unknown }): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
