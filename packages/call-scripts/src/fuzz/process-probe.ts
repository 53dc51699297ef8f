import type { ServiceProcess } from '@toritsugi/bench'
import WebSocket from 'ws'
import type { Growth } from './kind.ts'

/** Node's own debugger port is asked: the program runs as it is, nothing is put into it. */
export const INSPECTED: readonly string[] = ['--inspect=127.0.0.1:0']

export type Measure = { heapKib: number; resources: Record<string, number> }

/** Looks into a running service: heap after a full collection, and what it holds open. */
export type ProcessProbe = {
  measure(): Promise<Measure>
  close(): void
}

const ANSWER_MS = 20_000

const EXPRESSION =
  'JSON.stringify({ heap: process.memoryUsage().heapUsed, resources: process.getActiveResourcesInfo() })'

/** @param service started with `INSPECTED` among its Node arguments */
export async function probe(service: ServiceProcess): Promise<ProcessProbe> {
  const url = await service.child.waitForLine(
    (line) => /Debugger listening on (ws:\S+)/.exec(line)?.[1],
    5000,
  )
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  let last = 0
  const waiting = new Map<number, (result: unknown) => void>()
  socket.on('message', (data) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (id === undefined) return
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  const ask = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++last
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(new Error(`${service.program} did not answer its debugger: it hangs or is gone`))
      }, ANSWER_MS)
      waiting.set(id, (result) => {
        clearTimeout(timer)
        resolve(result)
      })
      socket.send(JSON.stringify({ id, method, params }))
    })
  return {
    async measure() {
      // Twice: what finalizers hold is freed by the second.
      await ask('HeapProfiler.collectGarbage')
      await ask('HeapProfiler.collectGarbage')
      const answer = (await ask('Runtime.evaluate', { expression: EXPRESSION })) as {
        result: { value: string }
      }
      const { heap, resources } = JSON.parse(answer.result.value) as { heap: number; resources: string[] }
      const counts: Record<string, number> = {}
      for (const name of resources) counts[name] = (counts[name] ?? 0) + 1
      return { heapKib: Math.round(heap / 1024), resources: counts }
    },
    close: () => socket.terminate(),
  }
}

/** Heap may differ by this much between two points of a run: caches fill, code is compiled. */
export const HEAP_MARGIN_KIB = 8192
/** And this many handles of a kind: keep-alive sockets come and go. */
export const RESOURCE_MARGIN = 12

/** What has grown from one measure to a later one. */
export function growthOf(before: Measure, after: Measure): Growth {
  const resources: Record<string, number> = {}
  for (const [name, count] of Object.entries(after.resources)) {
    const more = count - (before.resources[name] ?? 0)
    if (more > RESOURCE_MARGIN) resources[name] = more
  }
  return { heapKib: after.heapKib - before.heapKib, resources }
}

/** Why this growth is too much; undefined when it is not. */
export function tooMuch({ heapKib, resources }: Growth): string | undefined {
  if (heapKib > HEAP_MARGIN_KIB) return `the heap grew by ${heapKib} KiB`
  const names = Object.entries(resources).map(([name, more]) => `${name} +${more}`)
  return names.length > 0 ? `handles grew: ${names.join(', ')}` : undefined
}
