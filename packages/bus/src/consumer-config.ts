import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream'
import { nanos } from '@nats-io/nats-core'
import { type CallFamily, callSubject } from '@toritsugi/contracts'
import { isMissing } from './bus-faults.ts'

/** The stream consumers read. */
export const factStream = 'CALLS'

/** A message not acknowledged, and not said to be worked on, for so long is given to somebody else. */
export const ackWaitMs = 10_000

type Wanted = {
  durable: string
  families: readonly CallFamily[]
  maxPending: number
  from: 'all' | 'new' | undefined
}

/** Makes the durable consumer, or brings the one there to what is wanted; what it has taken stays taken. */
export async function ensureConsumer(jsm: JetStreamManager, wanted: Wanted): Promise<void> {
  const { consumers } = jsm
  const found = await consumers.info(factStream, wanted.durable).catch((error: unknown) => {
    if (isMissing(error)) return null
    throw error
  })
  const changeable: Partial<ConsumerConfig> = {
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: wanted.maxPending,
    // Whether to give up is decided here, with the reason at hand, not by the server.
    max_deliver: -1,
    filter_subjects: wanted.families.map((family) => callSubject('*', family)),
  }
  if (found === null) {
    await consumers.add(factStream, {
      ...changeable,
      durable_name: wanted.durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: wanted.from === 'new' ? DeliverPolicy.New : DeliverPolicy.All,
    })
  } else if (differs(found.config, changeable)) {
    const { filter_subject: _, ...kept } = found.config
    await consumers.update(factStream, wanted.durable, { ...kept, ...changeable })
  }
}

function differs(found: ConsumerConfig, wanted: Partial<ConsumerConfig>): boolean {
  const compared = (config: Partial<ConsumerConfig>) =>
    JSON.stringify([
      config.ack_wait,
      config.max_ack_pending,
      config.max_deliver,
      [...(config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []))].sort(),
    ])
  return compared(found) !== compared(wanted)
}
