import { fileURLToPath } from 'node:url'
import { startPinned } from '../process/pinned-child.ts'
import { carrierIds, type Subject } from './subject.ts'

/** Starts the reference relay as a process of its own, on the subject's core. */
export async function startReference(modelUrl: string, nodeArgs: readonly string[] = []): Promise<Subject> {
  const child = startPinned({
    name: 'the reference',
    core: 'subject',
    script: fileURLToPath(new URL('../reference/relay-main.js', import.meta.url)),
    args: [modelUrl],
    nodeArgs,
  })
  const port = await child.waitForLine((line) => /^\{"port":(\d+)\}$/.exec(line)?.[1], 20_000)
  return {
    name: 'reference',
    pid: child.pid,
    asksForGreeting: false,
    async calls(count) {
      return Array.from({ length: count }, () => ({
        host: '127.0.0.1',
        port: Number(port),
        path: '/stream',
        headers: {},
        customParameters: {},
        ...carrierIds(),
      }))
    },
    stop: () => child.stop(),
  }
}
