import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { callEnded, newId } from '@toritsugi/contracts'
import { eventually, useNats } from '@toritsugi/testkit'
import { afterAll, expect, it } from 'vitest'
import { connectBus } from './bus.ts'
import { endedFact } from './test-facts.ts'

/**
 * A line between client and server on which single subscriptions can be made mute, the way a half-dead server
 * leaves them: the connection lives and answers pings, but nothing more comes for the subscription.
 */
async function muffler(target: URL): Promise<{ url: string; mute(): void; muted(): number; close(): void }> {
  const inboxes = new Set<string>()
  const mutedIds = new Set<string>()
  const sockets = new Set<Socket>()
  let dropped = 0
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    client.on('data', (data) => {
      // Requests share one inbox with a wildcard; the others are the consumers' own.
      for (const [, subject, id] of data.toString('latin1').matchAll(/SUB (_INBOX\S+) (\d+)\r\n/g)) {
        if (!subject?.endsWith('*')) inboxes.add(id ?? '')
      }
      upstream.write(data)
    })
    let rest = Buffer.alloc(0)
    upstream.on('data', (data) => {
      rest = Buffer.concat([rest, data])
      for (;;) {
        const end = rest.indexOf('\r\n')
        if (end < 0) return
        const words = rest.subarray(0, end).toString('latin1').split(' ')
        const isMessage = words[0] === 'MSG' || words[0] === 'HMSG'
        const length = end + 2 + (isMessage ? Number(words.at(-1)) + 2 : 0)
        if (rest.length < length) return
        if (isMessage && mutedIds.has(words[2] ?? '')) dropped++
        else client.write(rest.subarray(0, length))
        rest = rest.subarray(length)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mute: () => {
      for (const id of inboxes) mutedIds.add(id)
    },
    muted: () => dropped,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const nats = await useNats()
const line = await muffler(new URL(nats.url))
const recreated: string[] = []
const bus = await connectBus({
  url: line.url,
  name: 'behind the muffler',
  observer: { count: (what, name) => what === 'consumer-recreated' && recreated.push(name) },
})
afterAll(async () => {
  await bus.close()
  line.close()
})

it('a consumer that has gone silent on a living connection is noticed and made anew', async () => {
  const callId = newId('call')
  const taken: number[] = []
  await bus.on({
    durable: 'listener',
    channels: [callEnded],
    handle: async (fact) => taken.push(fact.sequence),
  })
  await bus.publish(endedFact({ callId, sequence: 1 }))
  await eventually(() => expect(taken).toEqual([1]))
  line.mute()
  await bus.publish(endedFact({ callId, sequence: 2 }))
  await eventually(() => expect(line.muted()).toBeGreaterThan(0))
  expect(bus.isConnected()).toBe(true)
  // What the mute subscription swallowed is delivered again when its time for an answer is over.
  await eventually(() => expect(taken).toContain(2), 25_000)
  expect(recreated).toContain('listener')
  await bus.publish(endedFact({ callId, sequence: 3 }))
  await eventually(() => expect(taken).toContain(3))
})
