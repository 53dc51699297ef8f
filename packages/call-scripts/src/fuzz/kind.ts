/** What a kind of fuzzing is given. */
export type FuzzOptions = {
  /** The same seed makes the same mutants in the same order. */
  seed: number
  /** Mutants of each kind, at least. */
  count: number
  log(line: string): void
}

export type Growth = {
  /** Heap after a full collection, second half of the run against the first, KiB. */
  heapKib: number
  /** Open handles, sockets and timers, end against start, by kind; only what grew. */
  resources: Readonly<Record<string, number>>
}

export type KindReport = {
  kind: string
  mutants: number
  ms: number
  /** What came back, by kind of answer. */
  answers: Readonly<Record<string, number>>
  growth: readonly ({ process: string } & Growth)[]
  /** What must not be: empty when all is well. Each says what was sent. */
  failures: readonly string[]
}

/** One sort of input into one part of the product. */
export type Kind = { name: string; run(options: FuzzOptions): Promise<KindReport> }

const MOST_FAILURES = 50

/** Counts answers and keeps failures while a kind runs. */
export class Tally {
  readonly answers: Record<string, number> = {}
  readonly failures: string[] = []
  readonly #startedAt = performance.now()
  mutants = 0

  answer(what: string): void {
    this.answers[what] = (this.answers[what] ?? 0) + 1
  }

  /** @param mutant what was sent, when it is known */
  fail(what: string, mutant?: { bytes: Buffer; how: string }): void {
    if (this.failures.length >= MOST_FAILURES) return
    const sent = mutant === undefined ? '' : `; sent (${mutant.how}): ${shortened(mutant.bytes)}`
    this.failures.push(`${what}${sent}`)
  }

  report(kind: string, growth: KindReport['growth'] = []): KindReport {
    const ms = Math.round(performance.now() - this.#startedAt)
    return { kind, mutants: this.mutants, ms, answers: this.answers, growth, failures: this.failures }
  }
}

/** Bytes for a message to people. */
export function shortened(bytes: Buffer): string {
  const text = JSON.stringify(bytes.subarray(0, 400).toString('utf8'))
  return bytes.length > 400 ? `${text}… (${bytes.length} bytes)` : text
}

/** Runs `work` for every number below `count`, `parallel` at a time, in order of their starts. */
export async function inParallel(
  count: number,
  parallel: number,
  work: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}

/** Runs `work` again and again, `parallel` at a time, until `done()` says that enough is through, or all fail. */
export async function whileBelow(
  enough: number,
  parallel: number,
  done: () => number,
  work: () => Promise<void>,
): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let idle = 0; done() < enough && idle < MOST_IDLE; ) {
      const before = done()
      await work()
      idle = done() === before ? idle + 1 : 0
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}

/** So many times without any progress: what is fuzzed takes nothing any more. */
const MOST_IDLE = 20
