import type { ServiceProcess } from '@toritsugi/bench'
import type { Growth, KindReport, Tally } from './kind.ts'
import { growthOf, type Measure, type ProcessProbe, probe, tooMuch } from './process-probe.ts'

/** Timers and sockets of what has just ended are still there for a moment: only what stays has grown. */
const SETTLE_MS = 12_000

async function settledGrowth(before: Measure, of: ProcessProbe): Promise<Growth> {
  const deadline = performance.now() + SETTLE_MS
  for (;;) {
    const grown = growthOf(before, await of.measure())
    if (tooMuch(grown) === undefined || performance.now() > deadline) return grown
    // Each look is a full collection in the service; nothing tells when its last timer is gone.
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** What call-control says once, at its first start. */
export const FIRST_START = /The first API key/

type Watched = { service: ServiceProcess; probe: ProcessProbe; half?: Measure }

/** The services a kind is aimed at: they must live, stay small, and complain of nothing they need not. */
export class WatchedServices {
  readonly #watched: Watched[]
  readonly #known: readonly RegExp[]

  private constructor(watched: Watched[], known: readonly RegExp[]) {
    this.#watched = watched
    this.#known = known
  }

  /** @param known complaints in their logs that bad input is meant to cause */
  static async of(services: readonly ServiceProcess[], known: readonly RegExp[]): Promise<WatchedServices> {
    const watched = await Promise.all(
      services.map(async (service) => ({ service, probe: await probe(service) })),
    )
    return new WatchedServices(watched, known)
  }

  /** To be called when half of the mutants are through: what grows from here on is growth. */
  async atHalf(): Promise<void> {
    for (const one of this.#watched) one.half = await one.probe.measure()
  }

  isAlive(): boolean {
    return this.#watched.every(({ service }) => service.child.isRunning())
  }

  /** Looks at everything once more, and tells the tally what is wrong. */
  async finish(tally: Tally): Promise<KindReport['growth']> {
    const growth: { process: string; heapKib: number; resources: Readonly<Record<string, number>> }[] = []
    for (const { service, probe: of, half } of this.#watched) {
      if (!service.child.isRunning()) {
        tally.fail(`${service.program} is gone: ${service.child.lastLines().slice(-5).join(' | ')}`)
        continue
      }
      if (half !== undefined) {
        const grown = await settledGrowth(half, of)
        growth.push({ process: service.program, ...grown })
        const why = tooMuch(grown)
        if (why !== undefined) tally.fail(`${service.program}: ${why}`)
      }
      of.close()
      const unknown = service.complaints.filter((line) => !this.#known.some((known) => known.test(line)))
      for (const [what, count] of countsOf(unknown.map(inShort))) {
        tally.fail(`${service.program} complained ×${count}: ${what}`)
      }
    }
    return growth
  }
}

function countsOf(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}

/** What a log line says, without the times and numbers that make each one different. */
function inShort(line: string): string {
  try {
    const { msg, reason, err } = JSON.parse(line) as {
      msg?: string
      reason?: string
      err?: { type?: string; message?: string; stack?: string }
    }
    const place = /at .*/.exec(err?.stack ?? '')?.[0] ?? ''
    const said = (err?.message ?? '').replace(/\s+/g, ' ').replace(/\d{4,}/g, '…')
    return [msg, reason, err?.type, said, place].filter(Boolean).join(' | ').slice(0, 400)
  } catch {
    return line.slice(0, 400)
  }
}
