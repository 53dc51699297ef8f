import { frameOf, type ModelSession } from '@toritsugi/bench'
import { openBridgeGround } from './bridge-ground.ts'
import { type CarrierSocket, openCarrierSocket } from './carrier-socket.ts'
import { ended } from './frame-kind.ts'
import { type FuzzOptions, type Kind, type KindReport, Tally, whileBelow } from './kind.ts'
import { mutateMessage } from './mutation/mutator.ts'
import { Random } from './mutation/random.ts'
import { mutateSequence } from './mutation/sequence-mutations.ts'
import type { Json } from './mutation/value-mutations.ts'
import { modelSamples } from './samples/model-events.ts'
import { streamSamples } from './samples/stream-messages.ts'

const PARALLEL = 4
const EVENTS_PER_CALL = 100
const SESSION_MS = 10_000
const CLOSES = new Set([1000, 1001, 1005, 1006, 1008, 1013])

/** Events of the model with something wrong in them, into the bridge's model socket, in calls that are set up. */
export const eventKind: Kind = {
  name: 'model events',
  async run(options: FuzzOptions): Promise<KindReport> {
    const tally = new Tally()
    const arrivals: ((session: ModelSession) => void)[] = []
    const ground = await openBridgeGround((session) => {
      const take = arrivals.shift()
      // A second session of a call whose first one was given up: it is left alone, mute.
      if (take === undefined) session.onEvent = () => {}
      else take(session)
    })
    const nextSession = (): Promise<ModelSession | undefined> =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), SESSION_MS)
        arrivals.push((session) => {
          clearTimeout(timer)
          resolve(session)
        })
      })
    const oneCall = async (n: number): Promise<void> => {
      const random = new Random(options.seed, `call ${n}`)
      try {
        const call = await ground.offers.offer(null)
        const socket = await openCarrierSocket(call)
        if (typeof socket === 'number') throw new Error(`the upgrade was answered ${socket}`)
        const session = nextSession()
        const { connected, start, flowing } = streamSamples({
          ...call,
          token: call.customParameters.token ?? '',
        })
        for (const json of [connected, start]) socket.text(Buffer.from(JSON.stringify(json)))
        const opened = await session
        if (opened === undefined) throw new Error('no session was opened for the call')
        await talk(random, tally, opened, socket, flowing)
        const code = await socket.end(random.chance(0.5) ? 'close' : 'cut')
        tally.answer(`stream closed ${code}`)
        if (!CLOSES.has(code)) tally.fail(`the stream of call ${n} was closed with ${code}`)
      } catch (error) {
        tally.fail(`call ${n}: ${String(error)}`)
      }
    }
    try {
      let next = 0
      const until = (count: number) =>
        whileBelow(
          count,
          PARALLEL,
          () => tally.mutants,
          () => oneCall(next++),
        )
      await until(options.count / 2)
      await ended(ground, tally)
      await ground.watched.atHalf()
      await until(options.count)
      await ended(ground, tally)
      await ground.endCanaries(tally)
      return tally.report('model events', await ground.watched.finish(tally))
    } finally {
      await ground.close()
    }
  },
}

/** Sends the events, with the caller's audio in between; what the bridge asks for meanwhile must be JSON. */
async function talk(
  random: Random,
  tally: Tally,
  session: ModelSession,
  socket: CarrierSocket,
  flowing: readonly Json[],
): Promise<void> {
  session.onEvent = (text) => {
    try {
      const { type } = JSON.parse(text) as { type?: unknown }
      tally.answer(`asked: ${String(type)}`)
    } catch {
      tally.fail(`the bridge sent the model text that is not JSON: ${text.slice(0, 200)}`)
    }
  }
  for (let sent = 0; sent < EVENTS_PER_CALL && !session.closed && socket.isOpen; ) {
    // A piece of conversation in an order nobody promised; most of its events changed in some way.
    const from = random.below(modelSamples.length)
    const piece = mutateSequence(random, modelSamples.slice(from, from + 6)).items
    for (const sample of piece.slice(0, EVENTS_PER_CALL - sent)) {
      const { bytes } = random.chance(0.8)
        ? mutateMessage(random, [sample])
        : { bytes: Buffer.from(JSON.stringify(sample)) }
      session.send(frameOf(bytes, false, random.chance(0.005) ? 2 : 1))
      sent++
      tally.mutants++
    }
    socket.text(Buffer.from(JSON.stringify(random.pick(flowing))))
    if (random.chance(0.2)) await socket.settled()
  }
  if (session.closed) tally.answer('session given up by the bridge')
  await socket.settled()
  if (random.chance(0.2)) session.close()
}
