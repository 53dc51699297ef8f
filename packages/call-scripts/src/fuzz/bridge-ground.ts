import {
  damageOf,
  type LoadResult,
  type ModelServer,
  type ModelSession,
  runLoad,
  type StreamOffers,
  startModelServer,
  streamOffers,
  TALK,
} from '@toritsugi/bench'
import { type Bus, connectBus } from '@toritsugi/bus'
import { HOUSE_SECRETS, openFuzzedHouse } from './fuzzed-house.ts'
import type { Tally } from './kind.ts'
import { WatchedServices } from './watched-services.ts'

/** A running bridge with everything around it, and ordinary calls beside the ones that are fuzzed. */
export type BridgeGround = {
  offers: StreamOffers
  watched: WatchedServices
  /** Sessions to the model that are open and belong to no ordinary call. */
  strangeSessions(): number
  /** Ends the ordinary calls and says what became of them. */
  endCanaries(tally: Tally): Promise<void>
  close(): Promise<void>
}

const CANARIES = 3
/** The ordinary calls talk until they are told to stop; this is only a net. */
const LONGEST_MS = 25 * 60_000

/** What the bridge logs when the model, or the carrier, talks nonsense to it. */
const KNOWN: readonly RegExp[] = []

/** @param stranger takes the model's end of every session that is not an ordinary call's */
export async function openBridgeGround(stranger: (session: ModelSession) => void): Promise<BridgeGround> {
  const model: ModelServer = await startModelServer()
  const fuzzed = await openFuzzedHouse({
    programs: ['media-bridge'],
    modelUrl: `ws://127.0.0.1:${model.port}/v1/realtime`,
  })
  const bus: Bus = await connectBus({ url: fuzzed.house.natsUrl, name: 'fuzz' })
  const bridge = fuzzed.services.get('media-bridge')
  if (bridge === undefined) throw new Error('there is no bridge')
  const { authToken, streamTokenSecret } = HOUSE_SECRETS
  const offers = streamOffers({ bus, port: fuzzed.port('media-bridge'), authToken, streamTokenSecret })
  const watched = await WatchedServices.of([bridge], KNOWN)
  const ended = new AbortController()
  const calls = await Promise.all(Array.from({ length: CANARIES }, (_, i) => offers.offer(i)))
  const canaries = runLoad(
    {
      calls,
      callsPerSecond: 10,
      rhythm: TALK,
      asksForGreeting: true,
      settleMs: 500,
      measureMs: LONGEST_MS,
      subjectPid: null,
      subjectCore: null,
      seed: 1,
    },
    model,
    { stranger, signal: ended.signal },
  )
  return {
    offers,
    watched,
    strangeSessions: () => model.idleSessions(),
    async endCanaries(tally) {
      ended.abort()
      judgeCanaries(tally, await canaries)
    },
    async close() {
      ended.abort()
      await canaries.catch(() => {})
      await fuzzed.stop()
      await bus.close(500)
      await model.close()
    },
  }
}

function judgeCanaries(tally: Tally, result: LoadResult): void {
  const damage = damageOf(result)
  tally.answers['frames of ordinary calls'] = result.toModel.sent + result.toCaller.sent
  if (damage > 0)
    tally.fail(
      `${damage} frames of ordinary calls were harmed: ${JSON.stringify(result.toModel)} ${JSON.stringify(result.toCaller)}`,
    )
  if (result.greetingsMissing > 0) tally.fail(`${result.greetingsMissing} ordinary calls were not greeted`)
  if (result.toCaller.sent === 0) tally.fail('the ordinary calls were silent: they prove nothing')
  for (const [what, count] of Object.entries(result.faults)) tally.fail(`ordinary calls: ${what} ×${count}`)
}
