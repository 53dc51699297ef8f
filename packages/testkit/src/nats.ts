import { afterAll } from 'vitest'
import { startNatsContainer, wantsContainers } from './containers.ts'
import { startOwnNats } from './own-nats.ts'

export type TestNats = { url: string }

/** A real nats-server with JetStream for this test file alone, gone after the file. */
export async function useNats(): Promise<TestNats> {
  if (wantsContainers()) {
    const container = await startNatsContainer()
    afterAll(() => container.stop())
    return { url: container.url }
  }
  const server = await startOwnNats()
  afterAll(() => server.close())
  return { url: server.url }
}
