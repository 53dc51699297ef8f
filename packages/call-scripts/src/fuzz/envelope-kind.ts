import { Agent } from 'node:http'
import { jetstreamManager } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'
import type { Stack } from '@toritsugi/bench'
import { connectBus } from '@toritsugi/bus'
import { type CallId, callSubject, factEnvelope, newId, openSession, planSession } from '@toritsugi/contracts'
import { beatAsPod } from './fuzz-pod.ts'
import { type FuzzOptions, type KindReport, Tally } from './kind.ts'
import { mutateMessage } from './mutation/mutator.ts'
import { Random } from './mutation/random.ts'
import { mutateSequence } from './mutation/sequence-mutations.ts'
import { factSamples, ofCall } from './samples/bus-messages.ts'
import { FIRST_START, WatchedServices } from './watched-services.ts'
import { openCall } from './webhook-client.ts'

/** What consumers say of a message they refuse: it lies with the dead letters then. Not: one that broke them. */
const KNOWN = [/message is malformed/, /(?=.*message cannot be handled)(?=.*"type":"Fault")/, FIRST_START]
const DRAIN_MS = 30_000
/** Messages that are stored and not yet taken, at most: the run is about the consumers, not about the disk. */
const AHEAD = 1000
const CALLS = 100

/** Facts with something wrong in them, on the subjects the services listen to. */
export async function fuzzEnvelopes(fuzzed: Stack, options: FuzzOptions): Promise<KindReport> {
  const tally = new Tally()
  const random = new Random(options.seed, 'envelopes')
  const watched = await WatchedServices.of([...fuzzed.services.values()], KNOWN)
  const nats = await connect({ servers: fuzzed.house.natsUrl })
  const canary = await openCanary(fuzzed)
  const callIds = await openCalls(fuzzed, random)
  try {
    const half = Math.ceil(options.count / 2)
    await publishMutants(nats, random, tally, callIds, half)
    await drained(nats)
    await watched.atHalf()
    await publishMutants(nats, random, tally, callIds, options.count - half)
    await drained(nats)
    await canary.verify(tally)
    await countDeadLetters(nats, tally)
    return tally.report('envelopes on the bus', await watched.finish(tally))
  } catch (error) {
    tally.fail(String(error))
    return tally.report('envelopes on the bus', await watched.finish(tally))
  } finally {
    await canary.close()
    await nats.close()
  }
}

async function publishMutants(
  nats: NatsConnection,
  random: Random,
  tally: Tally,
  callIds: readonly CallId[],
  count: number,
): Promise<void> {
  for (let sent = 0; sent < count; ) {
    // One call's facts, in an order nobody promised; every message of it changed in some way.
    const callId = random.pick(callIds)
    const { items } = mutateSequence(random, factSamples)
    for (const { family, json } of items.slice(0, count - sent)) {
      const mutant = mutateMessage(random, [ofCall(json, callId)])
      const head = headers()
      head.set('Nats-Msg-Id', random.bytes(8).toString('hex'))
      const subject = callSubject(callId, random.chance(0.9) ? (family as 'turn') : 'usage')
      nats.publish(subject, mutant.bytes.subarray(0, 900_000), { headers: head })
      sent++
      tally.mutants++
      if (tally.mutants % AHEAD === 0) await drained(nats)
    }
  }
  await nats.flush()
}

/**
 * Calls that call-control knows: a fact about a call that is nowhere is waited for, a long time, and a bus full of
 * those is another story than one full of wrong facts.
 */
async function openCalls(fuzzed: Stack, random: Random): Promise<CallId[]> {
  const origin = fuzzed.services.get('call-control')?.url ?? ''
  const agent = new Agent({ keepAlive: true })
  const bus = await connectBus({ url: fuzzed.house.natsUrl, name: 'fuzz-pod' })
  const beating = beatAsPod(bus)
  try {
    const calls: CallId[] = []
    for (let n = 0; n < CALLS; n++) calls.push((await openCall(origin, random, agent)).callId as CallId)
    return calls
  } finally {
    clearInterval(beating)
    await bus.close(500)
    agent.destroy()
  }
}

/** Waits until every consumer has taken everything: what is never taken would come back for ever. */
async function drained(nats: NatsConnection): Promise<void> {
  await nats.flush()
  const jsm = await jetstreamManager(nats)
  const deadline = performance.now() + DRAIN_MS
  for (;;) {
    const stuck: string[] = []
    for await (const { name, num_pending, num_ack_pending, ack_floor } of jsm.consumers.list('CALLS')) {
      if (num_pending + num_ack_pending > 0) {
        stuck.push(`${name} does not get past message ${ack_floor.stream_seq}`)
      }
    }
    if (stuck.length === 0) return
    if (performance.now() > deadline) {
      throw new Error(stuck.join(', '))
    }
    // JetStream tells nobody when a consumer is through: it is asked, until the deadline.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function countDeadLetters(nats: NatsConnection, tally: Tally): Promise<void> {
  const jsm = await jetstreamManager(nats)
  const { state } = await jsm.streams.info('DEADLETTER')
  tally.answers['dead letters'] = state.messages
  tally.answers['taken or not known'] = tally.mutants - Math.min(tally.mutants, state.messages)
}

/** One call in good order, told between the mutants: it must not miss a word. */
async function openCanary(fuzzed: Stack) {
  const bus = await connectBus({ url: fuzzed.house.natsUrl, name: 'fuzz-canary' })
  const callId = newId('call')
  await bus.request(planSession, {
    callId,
    direction: 'inbound',
    from: '+819012345678',
    to: '+815012345600',
    assistantId: null,
  })
  const text = 'これは壊れてはいけない文です。'
  return {
    async verify(tally: Tally): Promise<void> {
      const turn = {
        turnId: newId('turn'),
        epoch: 1,
        order: 1,
        by: 'assistant' as const,
        itemId: 'item_canary',
        startMs: 0,
      }
      const fact = { callId, source: '/media-bridge/1', at: new Date().toISOString() }
      await bus.publish(
        factEnvelope({ ...fact, id: newId('evt'), type: 'turn.started', sequence: 1, data: turn }),
      )
      await bus.publish(
        factEnvelope({
          ...fact,
          id: newId('evt'),
          type: 'turn.ended',
          sequence: 2,
          data: {
            ...turn,
            endMs: 2000,
            form: 'speech',
            text,
            heardMs: 2000,
            interrupted: false,
            approximate: false,
            responseMs: null,
            ourShareMs: null,
          },
        }),
      )
      const opened = await bus.request(openSession, { callId, epoch: 2 }, { timeoutMs: 10_000 })
      const heard = opened.ok ? opened.value.dialogue.map((item) => ('text' in item ? item.text : '')) : []
      if (!opened.ok) tally.fail(`the canary's call could not be opened: ${opened.code} ${opened.message}`)
      else if (!heard.includes(text)) tally.fail(`the canary's words are lost: ${JSON.stringify(heard)}`)
      else tally.answer('canary unharmed')
    },
    close: () => bus.close(500),
  }
}
