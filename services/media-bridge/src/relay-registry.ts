import type { CallId } from '@toritsugi/contracts'
import type { Relay } from './relay-ports.ts'

/** The calls this pod holds: one stream each, the one with the highest epoch. */
export type RelayRegistry = {
  /** Every stream, also those whose token was not read yet. */
  add(relay: Relay): void
  /** Makes this stream the one of its call. @returns false when a newer one is here */
  claim(relay: Relay): boolean
  release(relay: Relay): void
  /** A stream with this epoch lives somewhere else. */
  seenElsewhere(callId: CallId, epoch: number): void
  size(): number
  all(): Iterable<Relay>
  held(): { callId: CallId; epoch: number }[]
  /** Resolves when the last one is gone. */
  empty(): Promise<void>
}

export function relayRegistry(ears: {
  claimed(relay: Relay): void
  released(relay: Relay): void
}): RelayRegistry {
  const relays = new Set<Relay>()
  const byCall = new Map<CallId, Relay>()
  const waiting: (() => void)[] = []
  return {
    add: (relay) => void relays.add(relay),
    claim(relay) {
      const other = byCall.get(relay.callId)
      if (other !== undefined && other !== relay) {
        if (other.epoch() >= relay.epoch()) return false
        other.supersede()
      }
      byCall.set(relay.callId, relay)
      ears.claimed(relay)
      return true
    },
    release(relay) {
      relays.delete(relay)
      if (byCall.get(relay.callId) === relay) byCall.delete(relay.callId)
      ears.released(relay)
      if (relays.size === 0) for (const wake of waiting.splice(0)) wake()
    },
    seenElsewhere(callId, epoch) {
      const relay = byCall.get(callId)
      if (relay !== undefined && relay.epoch() < epoch) relay.supersede()
    },
    size: () => relays.size,
    all: () => relays,
    held: () => [...byCall.values()].map((relay) => ({ callId: relay.callId, epoch: relay.epoch() })),
    empty: () =>
      relays.size === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve)),
  }
}
