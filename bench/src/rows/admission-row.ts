import { type Bus, connectBus, ok } from '@toritsugi/bus'
import { type CallId, newId, openSession, planSession } from '@toritsugi/contracts'
import { signTwilioRequest } from '@toritsugi/telephony'
import type { CallTarget, LoadResult } from '../generator/load-types.ts'
import { openStack, type Stack } from '../house/stack.ts'
import { newCallSid, type WebhookSender, webhookSender } from '../house/webhook-sender.ts'
import { LatencyHistogram } from '../measure/latency.ts'
import { subjectCore } from '../process/pinned-child.ts'
import { benchPlan } from '../subject/session-plan.ts'
import { carrierIds } from '../subject/subject.ts'
import { type Bench, TALK } from './bench-context.ts'
import { atMost, type Row, shown, worst } from './row.ts'
import { damageOf, whyVoid, worseP99Ms } from './void-rules.ts'

const CAP = 20
const REFUSED_PER_SECOND = 10
const REFUSED_MS = 1000
/** Admitted calls keep the figure that a call has anywhere else. */
const ADMITTED_P99_MS = 5

/**
 * A pod with few places, all of them taken: whoever calls now is told so at once, and those who talk notice nothing.
 * The bench plays realtime-session, so that the plans name the calls of the load.
 */
export async function admissionRow(bench: Bench): Promise<Row> {
  const stack = await openStack({
    programs: ['call-control', 'media-bridge', 'edge'],
    model: { url: bench.generator.modelUrl, apiKey: 'sk-bench' },
    env: { 'media-bridge': { MAX_CALLS: String(CAP) } },
    coreOf: (program) => (program === 'media-bridge' ? 'subject' : 'rest'),
  })
  const bus = await connectBus({ url: stack.house.natsUrl, name: 'bench-session' })
  const sender = webhookSender(stack)
  try {
    const indexes = answerPlans(bus)
    const calls = await admit(stack, sender, indexes)
    const refusals = new LatencyHistogram()
    const state = { wrong: 0, running: true, count: 0 }
    const load = bench.generator.run({
      calls,
      callsPerSecond: 20,
      rhythm: TALK,
      asksForGreeting: true,
      settleMs: 3000,
      measureMs: bench.scale.quick ? 3000 : 15_000,
      subjectPid: stack.services.get('media-bridge')?.pid ?? null,
      subjectCore,
      seed: 7,
    })
    // The calls are there, and the pod has said so, before the others come.
    await new Promise((resolve) => setTimeout(resolve, 3500))
    const others = refuseUntil(
      () => state.running,
      sender,
      (ms, refused) => {
        state.count++
        refusals.record(ms)
        if (!refused) state.wrong++
      },
    )
    const result = await load
    state.running = false
    await others
    bench.bridgeRuns.push(result)
    return rowOf(bench, result, refusals, state)
  } finally {
    sender.close()
    await bus.close(500)
    await stack.stop()
  }
}

function answerPlans(bus: Bus): Map<CallId, number> {
  const indexes = new Map<CallId, number>()
  const planFor = (callId: CallId) => benchPlan(callId, indexes.get(callId) ?? null)
  bus.answer(planSession, async ({ callId }) =>
    ok({
      mode: 'realtime',
      modeReason: 'bench',
      assistantId: newId('asst'),
      assistantVersion: 1,
      language: 'ja-JP',
      apology: '',
      plan: planFor(callId),
    }),
  )
  bus.answer(openSession, async ({ callId }) => ok({ plan: planFor(callId), dialogue: [] }))
  return indexes
}

/** Lets the calls come in that fill the pod, and reads from their documents where their streams go. */
async function admit(
  stack: Stack,
  sender: WebhookSender,
  indexes: Map<CallId, number>,
): Promise<CallTarget[]> {
  const calls: CallTarget[] = []
  for (let index = 0; index < CAP; index++) {
    const callSid = newCallSid()
    const { status, body } = await sender.voice(callSid)
    const url = /<Stream [^>]*url="([^"]+)"/.exec(body)?.[1]
    const token = /<Parameter [^>]*name="token"[^>]*value="([^"]+)"/.exec(body)?.[1]
    if (url === undefined || token === undefined)
      throw new Error(`call ${index} was answered ${status}: ${body}`)
    const { pathname, port } = new URL(url)
    indexes.set(pathname.split('/').at(-1) as CallId, index)
    const signature = signTwilioRequest({ authToken: stack.secrets.authToken, url })
    calls.push({
      host: '127.0.0.1',
      port: Number(port),
      path: pathname,
      headers: { 'X-Twilio-Signature': signature },
      customParameters: { token },
      accountSid: stack.secrets.accountSid,
      callSid,
      streamSid: carrierIds().streamSid,
    })
  }
  return calls
}

async function refuseUntil(
  isRunning: () => boolean,
  sender: WebhookSender,
  told: (ms: number, refused: boolean) => void,
): Promise<void> {
  while (isRunning()) {
    const startedAt = performance.now()
    const { status, body, ms } = await sender.voice(newCallSid())
    told(ms, status === 200 && body.includes('<Say ') && !body.includes('<Stream '))
    const rest = 1000 / REFUSED_PER_SECOND - (performance.now() - startedAt)
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
  }
}

function rowOf(
  bench: Bench,
  result: LoadResult,
  refusals: LatencyHistogram,
  { wrong, count }: { wrong: number; count: number },
): Row {
  const { max } = refusals.quantiles()
  const damage = damageOf(result)
  const p99 = worseP99Ms(result)
  const reasons = whyVoid(result)
  const admitted =
    damage > 0
      ? 'fell short'
      : reasons.length > 0 && !bench.scale.quick
        ? 'void'
        : atMost(p99, ADMITTED_P99_MS)
  const refused = count === 0 ? 'void' : wrong > 0 ? 'fell short' : atMost(max, REFUSED_MS)
  return {
    id: 'admission',
    what: `above the admission cap (${CAP} calls): refused with spoken TwiML; admitted calls keep their figures`,
    bar: `≤ ${REFUSED_MS / 1000} s; admitted p99 < ${ADMITTED_P99_MS} ms, 0 lost`,
    measured: `slowest of ${count} refusals ${shown(max, 0)} ms; admitted p99 ${shown(p99)} ms, ${damage} damaged`,
    verdict: worst([refused, admitted]),
    notes: [...(wrong > 0 ? [`${wrong} calls above the cap were not refused aloud`] : []), ...reasons],
    figures: { refusalMs: refusals.quantiles(), wrong, admittedP99Ms: p99, damage },
  }
}
