import type { Carrier, CarrierCall } from './carrier.ts'

/** A carrier whose calls the test moves, and that remembers what it was told. */
export function fakeCarrier() {
  const told: string[] = []
  const waiting = new Set<() => void>()
  const state = {
    /** What it knows of calls; one that is not here it does not know. */
    calls: new Map<string, CarrierCall>(),
    told,
    /** Thrown by commands, until they are taken away. */
    faults: {} as Partial<Record<'redirect' | 'hang up' | 'fetch', Error>>,
    /** Waits until it was told something like this. */
    async whenTold(what: string): Promise<string> {
      for (;;) {
        const found = told.find((line) => line.includes(what))
        if (found !== undefined) return found
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
    },
  }
  const hear = (what: 'redirect' | 'hang up' | 'fetch', rest: string): void => {
    told.push(`${what} ${rest}`)
    for (const resolve of waiting) resolve()
    waiting.clear()
    const fault = state.faults[what]
    if (fault) throw fault
  }
  const carrier: Carrier = {
    redirect: async (carrierCallId, url) => hear('redirect', `${carrierCallId} ${url}`),
    hangUp: async (carrierCallId) => hear('hang up', carrierCallId),
    async fetch(carrierCallId) {
      hear('fetch', carrierCallId)
      return state.calls.get(carrierCallId) ?? null
    },
  }
  return Object.assign(state, carrier)
}
