import { fileURLToPath } from 'node:url'
import { type PinnedChild, startPinned } from '../process/pinned-child.ts'
import type { GeneratorRequest } from './generator-main.ts'
import type { LoadResult, LoadSpec } from './load-types.ts'

type Answer = { modelPort?: number; result?: LoadResult; failed?: string; idleSessions?: number }

/** The generator's process, from the outside. */
export type Generator = {
  readonly pid: number
  /** Where the model listens: `ws://127.0.0.1:<port>/v1/realtime`. */
  readonly modelUrl: string
  /** Runs one load; rejects when it takes longer than its parts can. */
  run(spec: LoadSpec): Promise<LoadResult>
  /** Sessions that wait for a call: the subject's warm pool. */
  idleSessions(): Promise<number>
  stop(): Promise<void>
}

const START_MS = 20_000

/** Starts the generator on the core that is not the subject's. */
export async function startGenerator(): Promise<Generator> {
  const child = startPinned({
    name: 'the generator',
    core: 'rest',
    script: fileURLToPath(new URL('./generator-main.js', import.meta.url)),
  })
  const { modelPort } = await nextAnswer(child, START_MS, (answer) => answer.modelPort !== undefined)
  const ask = async (request: GeneratorRequest, deadlineMs: number, isIt: (answer: Answer) => boolean) => {
    const answer = nextAnswer(child, deadlineMs, isIt)
    child.process.send(request)
    return answer
  }
  return {
    pid: child.pid,
    modelUrl: `ws://127.0.0.1:${modelPort}/v1/realtime`,
    async run(spec) {
      const opening = (spec.calls.length / spec.callsPerSecond) * 1000
      const deadlineMs = opening + spec.settleMs + spec.measureMs + 60_000
      const answer = await ask(
        { run: spec },
        deadlineMs,
        (a) => a.result !== undefined || a.failed !== undefined,
      )
      if (answer.result === undefined) throw new Error(`the generator failed: ${answer.failed}`)
      return answer.result
    },
    async idleSessions() {
      const answer = await ask({ idleSessions: true }, 5000, (a) => a.idleSessions !== undefined)
      return answer.idleSessions ?? 0
    },
    stop: () => child.stop(2000),
  }
}

function nextAnswer(
  child: PinnedChild,
  deadlineMs: number,
  isIt: (answer: Answer) => boolean,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      child.process.off('message', take)
      child.process.off('exit', gone)
      act()
    }
    const take = (message: unknown) => {
      const answer = message as Answer
      if (isIt(answer)) settle(() => resolve(answer))
    }
    const gone = () =>
      settle(() => reject(new Error(`the generator ended: ${child.lastLines().join(' | ')}`)))
    const timer = setTimeout(
      () => settle(() => reject(new Error(`the generator did not answer within ${deadlineMs} ms`))),
      deadlineMs,
    )
    child.process.on('message', take)
    child.process.once('exit', gone)
  })
}
