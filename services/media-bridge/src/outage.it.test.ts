import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { useNats } from '@toritsugi/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import { openStage } from './stage.ts'
import { stagePlan } from './stage-plan.ts'

/** A door in front of NATS that can be shut, so that the bridge alone loses the bus. */
async function door(target: URL) {
  const open = new Set<Socket>()
  let isShut = false
  const server = createTcpServer((socket) => {
    if (isShut) return socket.destroy()
    const onward = connect(Number(target.port), target.hostname)
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      open.add(one)
      one.on('error', () => one.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
    return undefined
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut() {
      isShut = true
      for (const socket of open) socket.destroy()
    },
    unlock() {
      isShut = false
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

const nats = await useNats()
const natsDoor = await door(new URL(nats.url))
const bearers: (string | undefined)[] = []
const callControl = createServer((request, response) => {
  bearers.push(request.headers.authorization)
  const callId = /calls\/(call_[0-9a-f]+)\/plan/.exec(request.url ?? '')?.[1]
  response.end(JSON.stringify({ plan: stagePlan(callId as never), dialogue: [] }))
})
await new Promise<void>((resolve) => callControl.listen(0, '127.0.0.1', resolve))
const stage = await openStage(nats.url, {
  env: {
    NATS_URL: natsDoor.url,
    STOP_GRACE_MS: '1500',
    CALL_CONTROL_URL: `http://127.0.0.1:${(callControl.address() as AddressInfo).port}`,
  },
})
afterAll(async () => {
  await stage.close()
  await natsDoor.close()
  callControl.closeAllConnections()
  callControl.close()
})

describe('while NATS is away', () => {
  it('a call is taken with the plan of call-control, and its facts are told later, in order', async () => {
    natsDoor.shut()
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    await call.phone.say('Is anybody there')
    await call.phone.waitToHear(/I see: Is anybody there/)
    expect(bearers.at(-1)).toMatch(/^Bearer ey/)
    expect(call.facts).toEqual([])
    natsDoor.unlock()
    call.phone.hangUp()
    await call.waitForFact('stream.ended')
    expect(call.facts.map(({ sequence }) => sequence)).toEqual(call.facts.map((_, n) => n + 1))
    expect(call.told('turn.transcribed')).toHaveLength(1)
  })
})

describe('a pod that is told to stop', () => {
  it('takes no new calls, keeps its calls until the grace ends, and tells their end', async () => {
    const call = stage.dial()
    await call.phone.waitToHear(/bakery/)
    const stopping = stage.stopBridge()
    const late = stage.dial()
    expect(await late.phone.waitForEnd()).toBe('other-side')
    expect(late.facts).toEqual([])
    await stopping
    const ended = await call.waitForFact('stream.ended')
    expect(ended.data.because).toBe('closed')
    await call.phone.waitForEnd()
  })
})
