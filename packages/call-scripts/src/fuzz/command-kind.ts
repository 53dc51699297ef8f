import { connect } from '@nats-io/transport-node'
import type { Stack } from '@toritsugi/bench'
import { ReplyMessage } from '@toritsugi/contracts'
import { type FuzzOptions, inParallel, type KindReport, Tally } from './kind.ts'
import { type Mutant, mutateMessage } from './mutation/mutator.ts'
import { Random } from './mutation/random.ts'
import type { Json } from './mutation/value-mutations.ts'
import { commandSamples, ofCall } from './samples/bus-messages.ts'
import { FIRST_START, WatchedServices } from './watched-services.ts'

const PARALLEL = 24
/** Plans of calls that never came in are told as facts; call-control knows nothing of these calls. */
const KNOWN = [FIRST_START, /(?=.*message cannot be handled)(?=.*There is no such call)/]
const ANSWER_MS = 15_000

/** Commands with something wrong in them: every one gets an answer, and none of them is "a bug". */
export async function fuzzCommands(fuzzed: Stack, options: FuzzOptions): Promise<KindReport> {
  const tally = new Tally()
  const random = new Random(options.seed, 'commands')
  const watched = await WatchedServices.of([...fuzzed.services.values()], KNOWN)
  const nats = await connect({ servers: fuzzed.house.natsUrl })
  const asked = commandSamples.filter(
    ({ service }) =>
      (service === 'session' && fuzzed.services.has('realtime-session')) ||
      (service === 'call' && fuzzed.services.has('call-control')),
  )
  // Made beforehand, so that the order of answers does not change what is sent.
  const callIds = Array.from({ length: 50 }, () => `call_${random.bytes(16).toString('hex')}`)
  const mutants = Array.from({ length: options.count }, (_, n) => {
    const sample = random.pick(asked)
    const message: Json = { key: `fuzz-${n}`, body: ofCall(sample.request, random.pick(callIds)) }
    return { subject: sample.subject, ...mutateMessage(random, [message]) }
  })
  const ask = async (mutant: Mutant & { subject: string }): Promise<void> => {
    tally.mutants++
    try {
      const answer = await nats.request(mutant.subject, mutant.bytes.subarray(0, 900_000), {
        timeout: ANSWER_MS,
      })
      const reply = ReplyMessage.safeParse(JSON.parse(answer.string()))
      if (!reply.success)
        tally.fail(`${mutant.subject}: the answer is none: ${answer.string().slice(0, 200)}`, mutant)
      else if (reply.data.ok) tally.answer('ok')
      else {
        tally.answer(reply.data.code)
        if (reply.data.code === 'internal.bug') tally.fail(`${mutant.subject}: answered internal.bug`, mutant)
      }
    } catch (error) {
      tally.fail(`${mutant.subject}: no answer (${String(error)})`, mutant)
    }
  }
  try {
    const half = Math.ceil(mutants.length / 2)
    await inParallel(half, PARALLEL, (n) => ask(mutants[n] as (typeof mutants)[number]))
    await watched.atHalf()
    await inParallel(mutants.length - half, PARALLEL, (n) =>
      ask(mutants[half + n] as (typeof mutants)[number]),
    )
    return tally.report('commands on the bus', await watched.finish(tally))
  } finally {
    await nats.close()
  }
}
