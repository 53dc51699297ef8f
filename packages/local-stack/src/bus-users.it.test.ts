import { fileURLToPath } from 'node:url'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { startOwnNats } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { busPasswords } from './checkout/bus-passwords.ts'
import { type BusUser, busUsers } from './checkout/secrets.ts'

const bus = Object.fromEntries(busUsers.map((user) => [user, `p-${user}`])) as Record<BusUser, string>
const nats = await startOwnNats({
  configFile: fileURLToPath(new URL('../../../deploy/nats/users.conf', import.meta.url)),
  env: busPasswords({ bus }),
})
const connections: NatsConnection[] = []
afterAll(async () => {
  for (const connection of connections) await connection.close()
  await nats.close()
})

async function as(user: BusUser, pass = bus[user]): Promise<NatsConnection> {
  const connection = await connect({ servers: nats.url, user, pass, reconnect: false })
  connections.push(connection)
  return connection
}

/** Whether the server lets this user publish on a subject: it answers the next flush, or complains first. */
async function maySay(user: BusUser, subject: string): Promise<boolean> {
  const connection = await as(user)
  let refused = false
  const watch = (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') refused = true
    }
  })()
  connection.publish(subject, '{}')
  await connection.flush()
  await connection.close()
  await watch
  return !refused
}

async function mayHear(user: BusUser, subject: string): Promise<boolean> {
  const connection = await as(user)
  const subscription = connection.subscribe(subject)
  const refused = subscription.closed.then((error) => error instanceof Error)
  await connection.flush()
  return !(await Promise.race([refused, connection.flush().then(() => false)]))
}

describe('a user of the bus', () => {
  it('needs its password', async () => {
    await expect(as('handoff', 'guessed')).rejects.toThrow(/Authorization Violation/i)
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/Authorization Violation/i)
  })

  it.each<[BusUser, string, boolean]>([
    ['call-control', 'calls.v1.call_1.lifecycle', true],
    ['call-control', 'calls.v1.call_1.turn', false],
    ['call-control', 'cmd.v1.session.plan', true],
    ['media-bridge', 'calls.v1.call_1.turn', true],
    ['media-bridge', 'calls.v1.call_1.lifecycle', false],
    ['media-bridge', 'live.v1.pods.heartbeat', true],
    ['media-bridge', 'cmd.v1.call.intend', true],
    ['realtime-session', 'calls.v1.call_1.mode', true],
    ['realtime-session', 'cmd.v1.bridge.call_1.say', true],
    ['transcript', 'calls.v1.call_1.transcript', true],
    ['transcript', 'calls.v1.call_1.lifecycle', false],
    ['transcript', 'cmd.v1.bridge.call_1.close', false],
    ['handoff', 'calls.v1.call_1.handoff', true],
    ['handoff', '$JS.API.STREAM.DELETE.CALLS', false],
    ['call-control', '$JS.API.STREAM.PURGE.CALLS', false],
    ['call-control', '$JS.API.STREAM.CREATE.CALLS', true],
    ['observer', 'calls.v1.call_1.lifecycle', false],
    ['observer', 'cmd.v1.call.intend', false],
    ['observer', '$JS.API.STREAM.INFO.CALLS', true],
  ])('%s says %s: %s', async (user, subject, allowed) => {
    expect(await maySay(user, subject)).toBe(allowed)
  })

  it.each<[BusUser, string, boolean]>([
    ['call-control', 'cmd.v1.call.>', true],
    ['call-control', 'cmd.v1.session.>', false],
    ['media-bridge', 'cmd.v1.bridge.call_1.*', true],
    ['realtime-session', 'cmd.v1.session.plan', true],
    ['transcript', 'cmd.v1.call.intend', false],
    ['observer', 'calls.v1.>', true],
    ['observer', 'cmd.v1.>', false],
  ])('%s hears %s: %s', async (user, subject, allowed) => {
    expect(await mayHear(user, subject)).toBe(allowed)
  })

  it('may answer what it was asked', async () => {
    const answerer = await as('realtime-session')
    answerer.subscribe('cmd.v1.session.plan', { callback: (_, message) => void message.respond('a plan') })
    await answerer.flush()
    const asker = await as('call-control')
    expect((await asker.request('cmd.v1.session.plan', '{}', { timeout: 5_000 })).string()).toBe('a plan')
  })
})
