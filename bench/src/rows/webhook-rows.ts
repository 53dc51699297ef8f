import { type Bus, connectBus } from '@toritsugi/bus'
import { callFamilies } from '@toritsugi/contracts'
import { openStack, type Stack } from '../house/stack.ts'
import { newCallSid, webhookSender } from '../house/webhook-sender.ts'
import { LatencyHistogram, type Quantiles } from '../measure/latency.ts'
import { cpuMsOf } from '../measure/process-accounting.ts'
import type { Bench } from './bench-context.ts'
import { atMost, type Row, shown } from './row.ts'

const CALLS_PER_SECOND = 50
const WARM_MS = 10_000

type Measured = {
  webhookMs: Quantiles
  eventMs: Quantiles
  withoutStream: number
  failed: number
  sent: number
  /** What an arriving call costs each service, ms of CPU. */
  cpuMsPerCall: Readonly<Record<string, number>>
}

/** Calls come in at a steady rate at the whole stack: how soon they are answered, and how soon facts are heard. */
export async function webhookRows(bench: Bench, wanted: ReadonlySet<'webhook' | 'event'>): Promise<Row[]> {
  const stack = await openStack({
    programs: ['call-control', 'realtime-session', 'media-bridge', 'transcript', 'handoff', 'edge'],
    model: { url: bench.generator.modelUrl, apiKey: 'sk-bench' },
    env: { 'media-bridge': { MAX_CALLS: '5000' } },
  })
  try {
    const measured = await measure(bench, stack)
    const rows: Row[] = []
    if (wanted.has('webhook')) rows.push(webhookRow(measured))
    if (wanted.has('event')) rows.push(eventRow(measured))
    return rows
  } finally {
    await stack.stop()
  }
}

async function measure(bench: Bench, stack: Stack): Promise<Measured> {
  const bus = await connectBus({ url: stack.house.natsUrl, name: 'bench-subscriber' })
  const sender = webhookSender(stack)
  const webhooks = new LatencyHistogram()
  const events = new LatencyHistogram()
  const state = { measuring: false, withoutStream: 0, failed: 0, sent: 0 }
  try {
    await listen(bus, (ms) => {
      if (state.measuring) events.record(ms)
    })
    // Heartbeats have to be heard before calls are counted against the pods' room; and what is measured is the
    // code, not its compilation.
    for (const share of [0.2, 1]) {
      await atRate(CALLS_PER_SECOND * share, bench.scale.quick ? 1000 : WARM_MS * share, async () => {
        await sender.voice(newCallSid()).catch(() => null)
      })
    }
    const cpuOf = () =>
      [...stack.services.values()].map(({ program, pid }) => ({ program, ms: cpuMsOf(pid) }))
    const before = cpuOf()
    state.measuring = true
    await atRate(CALLS_PER_SECOND, bench.scale.quick ? 2000 : 20_000, async (dueAt) => {
      const answer = await sender.voice(newCallSid()).catch(() => null)
      webhooks.record(performance.now() - dueAt)
      state.sent++
      if (answer?.status !== 200) state.failed++
      else if (!answer.body.includes('<Stream ')) state.withoutStream++
    })
    state.measuring = false
    return {
      webhookMs: webhooks.quantiles(),
      eventMs: events.quantiles(),
      withoutStream: state.withoutStream,
      failed: state.failed,
      sent: state.sent,
      cpuMsPerCall: Object.fromEntries(
        cpuOf().map(({ program, ms }, i) => [program, (ms - (before[i]?.ms ?? 0)) / state.sent]),
      ),
    }
  } finally {
    sender.close()
    await bus.close(500)
  }
}

/** Every fact, as an integrator's consumer gets it; its own time is just before the commit. */
async function listen(bus: Bus, heard: (ms: number) => void): Promise<void> {
  const subscription = await bus.on({
    durable: 'bench-events',
    families: callFamilies,
    from: 'new',
    parallel: 64,
    async handle(envelope) {
      heard(Date.now() - Date.parse(envelope.time))
    },
  })
  await subscription.ready
}

/** Starts work at a fixed rate whatever becomes of it, and waits for the last one. `dueAt` is when it should begin. */
async function atRate(
  perSecond: number,
  forMs: number,
  work: (dueAt: number) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  const began = performance.now()
  const count = Math.round((perSecond * forMs) / 1000)
  for (let n = 0; n < count; n++) {
    const dueAt = began + (n * 1000) / perSecond
    const wait = dueAt - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const one = work(dueAt).finally(() => running.delete(one))
    running.add(one)
  }
  await Promise.all(running)
}

function webhookRow({ webhookMs, withoutStream, failed, sent, cpuMsPerCall }: Measured): Row {
  const { p50, p99 } = webhookMs
  return {
    id: 'webhook',
    what: `voice webhook → TwiML, ${CALLS_PER_SECOND} calls/s`,
    bar: 'p99 ≤ 300 ms',
    measured: `p50 ${shown(p50, 1)} ms, p99 ${shown(p99, 1)} ms (${sent} calls)`,
    verdict: failed > 0 || withoutStream > 0 ? 'fell short' : atMost(p99, 300),
    notes: [
      ...(failed > 0 ? [`${failed} webhooks failed`] : []),
      ...(withoutStream > 0 ? [`${withoutStream} calls were answered without a stream`] : []),
    ],
    figures: { webhookMs, cpuMsPerCall },
  }
}

function eventRow({ eventMs }: Measured): Row {
  return {
    id: 'event',
    what: 'event: committed → delivered to a subscriber (from its own time, just before the commit)',
    bar: 'p99 ≤ 200 ms',
    measured: `p50 ${shown(eventMs.p50, 1)} ms, p99 ${shown(eventMs.p99, 1)} ms (${eventMs.count} events)`,
    verdict: atMost(eventMs.p99, 200),
    notes: [],
    figures: { eventMs },
  }
}
