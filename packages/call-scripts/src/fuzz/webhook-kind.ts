import { randomUUID } from 'node:crypto'
import { Agent } from 'node:http'
import type { Stack } from '@toritsugi/bench'
import { connectBus } from '@toritsugi/bus'
import { beatAsPod } from './fuzz-pod.ts'
import { HOUSE_SECRETS, OUR_NUMBER } from './fuzzed-house.ts'
import { type FuzzOptions, inParallel, type KindReport, Tally } from './kind.ts'
import { mutateBytes } from './mutation/byte-mutations.ts'
import { encodeFields, mutateFields } from './mutation/form-mutations.ts'
import { Random } from './mutation/random.ts'
import { type WebhookSample, webhookSamples } from './samples/webhooks.ts'
import { FIRST_START, WatchedServices } from './watched-services.ts'
import {
  FORM,
  openCall,
  post,
  say,
  signatureOf,
  type WebhookAnswer,
  type WebhookRequest,
} from './webhook-client.ts'

const PARALLEL = 16
/** Mutants are about this many calls at once: enough to meet each other, few enough to have a story. */
const CALLS_AT_ONCE = 40
const REQUESTS_PER_CALL = 60
const CANARY_EVERY = 1000

type Sent = WebhookRequest & { how: string; signed: boolean }

/** Signed webhooks with something wrong in them, and some that are not signed: documented answers only. */
export async function fuzzWebhooks(fuzzed: Stack, options: FuzzOptions): Promise<KindReport> {
  const tally = new Tally()
  const random = new Random(options.seed, 'webhooks')
  const watched = await WatchedServices.of([...fuzzed.services.values()], [FIRST_START])
  const origin = fuzzed.services.get('call-control')?.url ?? ''
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL * 2 })
  const bus = await connectBus({ url: fuzzed.house.natsUrl, name: 'fuzz-pod' })
  const beating = beatAsPod(bus)
  const mutants = await webhookMutants(random, options.count, origin, agent)
  const half = Math.ceil(mutants.length / 2)
  const send = async (n: number): Promise<void> => {
    const sent = mutants[n] as Sent
    tally.mutants++
    try {
      judge(tally, sent, await post(origin, sent, agent))
    } catch (error) {
      tally.fail(`no answer to ${sent.path}: ${String(error)}`, sent)
    }
    if (n % CANARY_EVERY === 0) await canaryCall(tally, origin, agent)
  }
  try {
    await inParallel(half, PARALLEL, send)
    await watched.atHalf()
    await inParallel(mutants.length - half, PARALLEL, (n) => send(half + n))
    await canaryCall(tally, origin, agent)
    await tooLarge(tally, origin, agent)
    return tally.report('webhooks', await watched.finish(tally))
  } finally {
    clearInterval(beating)
    agent.destroy()
    await bus.close(500)
  }
}

/** Made beforehand, so that the order of answers does not change what is sent. */
async function webhookMutants(random: Random, count: number, origin: string, agent: Agent): Promise<Sent[]> {
  const calls: WebhookSample[][] = []
  for (let n = 0; n < Math.max(CALLS_AT_ONCE, count / REQUESTS_PER_CALL); n++) {
    calls.push((await openCall(origin, random, agent)).samples)
  }
  return Array.from({ length: count }, (_, n) => {
    // A window that moves on: calls have a beginning and an end.
    const first = Math.floor((n / count) * (calls.length - CALLS_AT_ONCE))
    const call = calls[first + random.below(CALLS_AT_ONCE)] as WebhookSample[]
    return mutantOf(random, random.pick(call), origin)
  })
}

const hex = (random: Random): string => random.bytes(16).toString('hex')

function mutantOf(random: Random, sample: WebhookSample, origin: string): Sent {
  const { fields, how } = random.chance(0.85)
    ? mutateFields(random, sample.fields)
    : { fields: sample.fields, how: 'as it is' }
  let bytes: Buffer = Buffer.from(encodeFields(fields))
  const ways = [how]
  if (random.chance(0.15)) {
    const mutant = mutateBytes(random, bytes, Buffer.from(encodeFields(sample.fields)))
    bytes = mutant.bytes
    ways.push(mutant.how)
  }
  const path = random.chance(0.05) ? mutatedPath(random, sample.path) : sample.path
  const type = random.chance(0.05)
    ? random.pick(['application/json', 'text/plain', 'multipart/form-data; boundary=x', '', 'x'.repeat(300)])
    : FORM
  const signed = random.chance(0.9)
  return {
    method: random.chance(0.02) ? random.pick(['GET', 'PUT', 'DELETE', 'PATCH']) : 'POST',
    path,
    headers: {
      ...(type === '' ? {} : { 'content-type': type }),
      'x-twilio-signature': signed
        ? signatureOf(origin, path, bytes)
        : random.pick(['', 'AAAA', hex(random)]),
      ...(random.chance(0.3) ? { 'i-twilio-idempotency-token': `token-${random.below(50)}` } : {}),
    },
    bytes,
    how: ways.join('; '),
    signed,
  }
}

const mutatedPath = (random: Random, path: string): string =>
  random.pick([
    path.replace(/call_[0-9a-f]+/, () => `call_${hex(random)}`),
    path.replace(/call_[0-9a-f]+/, '..%2f..%2fetc'),
    path.replace(/epoch=\d+/, 'epoch=99999999999'),
    path.replace(/epoch=\d+/, 'epoch=-1&epoch=2'),
    `${path}/`,
    `${path}%00`,
    `${path}${path.includes('?') ? '&' : '?'}${'a=1&'.repeat(500)}`,
  ])

/** What a webhook may be answered with, and in which form. */
function judge(tally: Tally, sent: Sent, answer: WebhookAnswer): void {
  const { status, type, body } = answer
  tally.answer(String(status))
  if (status === 204) return
  if (status === 200) {
    if (
      !/^text\/xml|^application\/xml/.test(type) ||
      !/^<\?xml[^>]*>\s*<Response(\/>|>[\s\S]*<\/Response>)\s*$/.test(body)
    ) {
      tally.fail(`200 without TwiML (${type}): ${body.slice(0, 200)}`, sent)
    }
    if (!sent.signed) tally.fail('200 for a webhook without the right signature', sent)
    return
  }
  if (status >= 500 || status < 400) {
    tally.fail(`answered ${status}: ${body.slice(0, 300)}`, sent)
    return
  }
  if (!type.startsWith('application/problem+json')) {
    tally.fail(`${status} that is no problem document (${type}): ${body.slice(0, 200)}`, sent)
  }
}

/** One ordinary call between the mutants: answered with a stream, the same again when repeated, and ended. */
async function canaryCall(tally: Tally, origin: string, agent: Agent): Promise<void> {
  const callSid = `CA${randomUUID().replaceAll('-', '')}`
  const [voice, , , , , , , completed] = webhookSamples({
    accountSid: HOUSE_SECRETS.accountSid,
    callSid,
    callId: '',
    to: OUR_NUMBER,
  }) as [WebhookSample, ...WebhookSample[]]
  const first = await say(origin, voice, agent, callSid)
  const again = await say(origin, voice, agent, callSid)
  const end = await say(origin, completed as WebhookSample, agent)
  if (first.status !== 200 || !first.body.includes('<Stream ')) {
    tally.fail(`the canary's call was answered ${first.status} ${first.body.slice(0, 300)}`)
  } else if (again.body !== first.body) tally.fail("the canary's repeated webhook got another answer")
  else if (end.status !== 204) tally.fail(`the canary's end was answered ${end.status}`)
  else tally.answer('canaries unharmed')
}

/** 10 MB where a kilobyte is expected. */
async function tooLarge(tally: Tally, origin: string, agent: Agent): Promise<void> {
  const bytes = Buffer.from(`CallSid=CA${'5'.repeat(32)}&x=${'y'.repeat(10_000_000)}`)
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': 'AAAA' }
  const sent: Sent = {
    method: 'POST',
    path: '/api/twilio/voice',
    headers,
    bytes,
    how: '10 MB',
    signed: false,
  }
  try {
    const { status } = await post(origin, sent, agent)
    tally.answer(`10 MB: ${status}`)
    if (status !== 413) tally.fail(`10 MB were answered ${status}`)
  } catch (error) {
    // The server may close while we still write: that is an answer too.
    if (/EPIPE|ECONNRESET/.test(String(error))) tally.answer('10 MB: closed')
    else tally.fail(`10 MB: ${String(error)}`)
  }
}
