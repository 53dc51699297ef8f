import type { Stack } from '@toritsugi/bench'
import { codecKind } from './codec-kind.ts'
import { fuzzCommands } from './command-kind.ts'
import { fuzzEnvelopes } from './envelope-kind.ts'
import { eventKind } from './event-kind.ts'
import { frameKind } from './frame-kind.ts'
import { openFuzzedHouse } from './fuzzed-house.ts'
import type { FuzzOptions, Kind, KindReport } from './kind.ts'
import { fuzzWebhooks } from './webhook-kind.ts'

type HouseWanted = Parameters<typeof openFuzzedHouse>[0]

/** A kind that is aimed at running services, in a house of its own. */
const inHouse = (
  name: string,
  wanted: HouseWanted,
  fuzz: (fuzzed: Stack, options: FuzzOptions) => Promise<KindReport>,
): Kind => ({
  name,
  async run(options) {
    const fuzzed = await openFuzzedHouse(wanted)
    try {
      return await fuzz(fuzzed, options)
    } finally {
      await fuzzed.stop()
    }
  },
})

/** Every kind, in the order they run. */
export const kinds: readonly Kind[] = [
  codecKind,
  frameKind,
  eventKind,
  inHouse(
    'envelopes on the bus',
    { programs: ['call-control', 'realtime-session', 'transcript'] },
    fuzzEnvelopes,
  ),
  inHouse('commands on the bus', { programs: ['call-control', 'realtime-session'] }, fuzzCommands),
  inHouse('webhooks', { programs: ['call-control', 'realtime-session'] }, fuzzWebhooks),
]
