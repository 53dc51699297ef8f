import type { Bus, Subscription } from '@toritsugi/bus'
import {
  type CallId,
  callEnded,
  callStarted,
  type Direction,
  type EventId,
  epochOfSource,
  type FactData,
  usageEstimated,
  usageRecorded,
} from '@toritsugi/contracts'
import { type CarrierPrice, type PriceList, priceCarrier, priceUsage } from './core/price.ts'

/** What the ledger needs to know of one usage. */
export type LedgerEntry = {
  usageId: string
  kind: FactData<'usage.priced'>['kind']
  model: string | null
  tokens: FactData<'usage.recorded'>['tokens'] | null
  seconds: number | null
  microUsd: number
  priceKnown: boolean
  estimated: boolean
  because: string | null
  at: Date
}

type FactOf = { callId: CallId; eventId: EventId }

/** The ledger. Each function is done once per fact, and tells whether it was. */
export type UsageStore = {
  enter(fact: FactOf, entry: LedgerEntry): Promise<boolean>
  start(fact: FactOf, started: FactData<'call.started'>): Promise<boolean>
  end(
    fact: FactOf,
    ended: FactData<'call.ended'>,
    /** Null direction: nothing ever told it. Null entry: nothing to pay. */
    carrierEntry: (direction: Direction | null) => LedgerEntry | null,
  ): Promise<boolean>
}

/** The carrier's minutes are one usage of the call. */
export const carrierUsageId = 'carrier'

type Log = { warn(fields: object, message: string): void }

/**
 * Prices what was used and writes it into the ledger: tokens as they are reported or estimated (of any stream of
 * the call, also an older one: it was used), and the carrier's minutes when the call ends.
 */
export function consumeUsageFacts(deps: {
  bus: Pick<Bus, 'on'>
  store: UsageStore
  prices: PriceList
  carrier: CarrierPrice
  log: Log
}): Promise<Subscription> {
  const { bus, store, prices, carrier, log } = deps

  const enter = (
    fact: FactOf,
    at: Date,
    usage: FactData<'usage.recorded'>,
    estimate: { because: string } | null,
  ) => {
    const { usageId, kind, model, tokens, seconds } = usage
    const { microUsd, known } = priceUsage(prices, usage)
    if (!known) log.warn({ callId: fact.callId, model }, 'model has no price')
    return store.enter(fact, {
      usageId,
      kind,
      model,
      tokens,
      seconds,
      microUsd,
      priceKnown: known,
      estimated: estimate !== null,
      because: estimate?.because ?? null,
      at,
    })
  }

  return bus.on({
    durable: 'realtime-session-usage',
    channels: [usageRecorded, usageEstimated, callStarted, callEnded],
    async handle(envelope) {
      const { subject: callId, id: eventId, source } = envelope
      if (callId === undefined) return
      const fact = { callId, eventId }
      const at = new Date(envelope.time)
      switch (envelope.type) {
        case 'call.started':
          return store.start(fact, envelope.data)
        case 'call.ended': {
          const { data } = envelope
          return store.end(fact, data, (direction) => carrierEntry(carrier, direction, data))
        }
        case 'usage.recorded':
        case 'usage.estimated': {
          const { epoch } = envelope.data
          if (epoch !== null && epochOfSource(source) !== epoch) {
            log.warn({ callId, event: envelope.type, eventId, source }, 'fact of another epoch refused')
            return
          }
          if (envelope.type === 'usage.recorded') return enter(fact, at, envelope.data, null)
          const { because, ...usage } = envelope.data
          return enter(fact, at, usage, { because })
        }
      }
    },
  })
}

/** Exported for its table. */
export function carrierEntry(
  prices: CarrierPrice,
  direction: Direction | null,
  ended: FactData<'call.ended'>,
): LedgerEntry | null {
  if (ended.durationMs === 0) return null
  return {
    usageId: carrierUsageId,
    kind: 'carrier',
    model: null,
    tokens: null,
    seconds: ended.durationMs / 1000,
    // A direction that nothing told: the dearer one.
    microUsd:
      direction === null
        ? Math.max(
            priceCarrier(prices, 'inbound', ended.durationMs),
            priceCarrier(prices, 'outbound', ended.durationMs),
          )
        : priceCarrier(prices, direction, ended.durationMs),
    priceKnown: true,
    estimated: false,
    because: null,
    at: new Date(ended.endedAt),
  }
}
