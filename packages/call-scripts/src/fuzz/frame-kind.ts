import { frameOf, type OfferedCall } from '@toritsugi/bench'
import { type BridgeGround, openBridgeGround } from './bridge-ground.ts'
import { type CarrierSocket, openCarrierSocket } from './carrier-socket.ts'
import { type FuzzOptions, type Kind, type KindReport, Tally, whileBelow } from './kind.ts'
import { mutateBytes } from './mutation/byte-mutations.ts'
import { type Mutant, mutateMessage } from './mutation/mutator.ts'
import { Random } from './mutation/random.ts'
import { mutateSequence } from './mutation/sequence-mutations.ts'
import type { Json } from './mutation/value-mutations.ts'
import { streamSamples } from './samples/stream-messages.ts'

const PARALLEL = 6
/** How a stream may be closed by the bridge: by us, policy, protocol, size, type, text, overload. Never 1011: a bug. */
const CLOSES = new Set([1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1013])
const REFUSALS = new Set([400, 401, 403, 404, 405, 413, 414, 426, 429, 431])
const ENDS_MS = 20_000

/** Twilio's messages with something wrong in them, into the bridge's stream socket. */
export const frameKind: Kind = {
  name: 'stream frames',
  async run(options: FuzzOptions): Promise<KindReport> {
    const tally = new Tally()
    const ground = await openBridgeGround(() => {})
    try {
      let next = 0
      const until = (count: number) =>
        whileBelow(
          count,
          PARALLEL,
          () => tally.mutants,
          () => oneStream(ground, tally, options.seed, next++),
        )
      await until(options.count / 2)
      await ended(ground, tally)
      await ground.watched.atHalf()
      await until(options.count)
      await ended(ground, tally)
      await ground.endCanaries(tally)
      return tally.report('stream frames', await ground.watched.finish(tally))
    } finally {
      await ground.close()
    }
  },
}

/** Sessions that were opened for streams must be closed when these are over; a few are kept warm. */
export async function ended(ground: BridgeGround, tally: Tally): Promise<void> {
  const deadline = performance.now() + ENDS_MS
  while (ground.strangeSessions() > 10) {
    if (performance.now() > deadline) {
      tally.fail(`${ground.strangeSessions()} sessions to the model are still open after their streams`)
      return
    }
    // The other side tells nobody when it is done: it is asked, until the deadline.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function oneStream(ground: BridgeGround, tally: Tally, seed: number, n: number): Promise<void> {
  // Each stream has choices of its own: what one sends does not depend on how fast another one is.
  const random = new Random(seed, `stream ${n}`)
  const call = await ground.offers.offer(null)
  try {
    const opened = await openCarrierSocket(call, random.chance(0.06) ? wrongUpgrade(random, call) : {})
    if (typeof opened === 'number') {
      tally.answer(`upgrade ${opened}`)
      tally.mutants++
      if (!REFUSALS.has(opened)) tally.fail(`an upgrade was answered ${opened}`)
      return
    }
    await talk(random, tally, call, opened)
    const code = await opened.end(random.chance(0.5) ? 'close' : 'cut')
    tally.answer(`closed ${code}`)
    if (!CLOSES.has(code)) tally.fail(`stream ${n} was closed with ${code}`)
  } catch (error) {
    tally.fail(`stream ${n}: ${String(error)}`)
  }
}

function wrongUpgrade(
  random: Random,
  call: OfferedCall,
): { path?: string; headers?: Record<string, string> } {
  return random.pick([
    { headers: {} },
    { headers: { 'X-Twilio-Signature': 'AAAA' } },
    { path: `${call.path}x` },
    { path: call.path.replace('call_', 'call-') },
    { path: '/api/twilio/media-stream/' },
    { path: `${call.path}?token=x` },
    { path: `/${'a/'.repeat(3000)}` },
  ])
}

async function talk(random: Random, tally: Tally, call: OfferedCall, socket: CarrierSocket): Promise<void> {
  const samples = streamSamples({ ...call, token: call.customParameters.token ?? '' })
  const good = (json: Json): Mutant => ({ bytes: Buffer.from(JSON.stringify(json)), how: 'as it is' })
  const length = random.pick([20, 60, 60, 300])
  const flow = Array.from({ length }, () => mutateMessage(random, samples.flowing))
  // Half of the streams are set up properly, so that what follows meets a call; the others never are.
  const opening = random.chance(0.5)
    ? [good(samples.connected), good(samples.start)]
    : mutateSequence(random, [
        good(samples.connected),
        random.chance(0.5) ? mutateMessage(random, [samples.start]) : good(samples.start),
        ...flow.splice(0, 3),
      ]).items
  for (const mutant of withOrdinary(flow, samples.flowing.map(good))) opening.push(mutant)
  if (random.chance(0.3)) opening.push(good(samples.stop))
  for (const { bytes } of opening) {
    if (!socket.isOpen) break
    tally.mutants++
    const dice = random.next()
    if (dice < 0.004) socket.binary(bytes)
    else if (dice < 0.006) socket.text(Buffer.alloc(random.pick([70_000, 1_500_000]), 0x61))
    else if (dice < 0.01) socket.raw(brokenFrame(random, bytes))
    else socket.text(bytes)
    if (random.chance(0.03)) await socket.settled()
  }
  await socket.settled()
}

/** Mutants with ordinary messages in between, so that the call they meet goes on. */
function withOrdinary(mutants: readonly Mutant[], ordinary: readonly Mutant[]): Mutant[] {
  return mutants.flatMap((mutant, i) => (i % 6 === 5 ? [mutant, ...ordinary] : [mutant]))
}

/** A WebSocket frame that is none: what RFC 6455 forbids, and what only line noise would send. */
function brokenFrame(random: Random, bytes: Buffer): Buffer {
  const frame = frameOf(bytes.subarray(0, 5000), true)
  return random.pick([
    () => mutateBytes(random, frame, frame).bytes,
    () => frameOf(bytes.subarray(0, 100), false),
    () => Buffer.concat([Buffer.from([0x01]), frame.subarray(1)]),
    () => Buffer.concat([Buffer.from([0x80]), frame.subarray(1)]),
    () => Buffer.concat([Buffer.from([0xf1]), frame.subarray(1)]),
    () => Buffer.concat([Buffer.from([0x83]), frame.subarray(1)]),
    () => Buffer.from([0x89, 0xfe, 0x7f, 0xff, 0, 0, 0, 0]),
    () => Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    () => random.bytes(64),
  ])()
}
