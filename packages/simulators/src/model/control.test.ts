import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { runModel } from './command-line.ts'
import { useModel, wordsIn } from './model-under-test.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

async function ask(
  port: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: JsonObject }> {
  const answer = await fetch(`http://127.0.0.1:${port}/_sim/${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: answer.status, json: (await answer.json()) as JsonObject }
}

describe('the control API', () => {
  it('shows sessions, what they understood and what clients did wrong', async () => {
    const { port, ...server } = await start()
    const client = await WireClient.ready({ port, ...server })
    client.append(speak('Good morning.', 'caller'))
    client.silence(300)
    await client.until('response.done')
    await client.refusal({ type: 'response.cancel' })
    const list = (await ask(port, 'GET', 'sessions')).json as unknown as JsonObject[]
    expect(list).toMatchObject([
      { model: 'gpt-realtime-2.1', closed: null, understood: [{ heard: 'Good morning.' }] },
    ])
    const one = await ask(port, 'GET', `sessions/${list[0]?.id}`)
    expect(one.json).toMatchObject({
      items: [{ role: 'user', heard: 'Good morning.' }, { role: 'assistant' }],
    })
    expect((await ask(port, 'GET', 'debugger')).json).toMatchObject({
      unexpected: [{ code: 'response_cancel_not_active' }],
    })
    expect((await ask(port, 'GET', 'health')).json).toEqual({ ok: true, sessions: 1 })
    await ask(port, 'POST', `sessions/${list[0]?.id}/expire`)
    expect((await client.closed).code).toBe(1001)
  })

  it('changes brain, switches and faults while it runs', async () => {
    const server = await start()
    const { port } = server
    expect((await ask(port, 'PUT', 'brain', [{ when: {}, say: 'New words.' }])).json).toEqual({ rules: 1 })
    expect((await ask(port, 'PATCH', 'switches', { obfuscation: false })).json).toMatchObject({
      obfuscation: false,
    })
    expect((await ask(port, 'POST', 'faults', { kind: 'no-usage' })).json).toEqual([{ kind: 'no-usage' }])
    const client = await WireClient.ready(server)
    client.send({ type: 'response.create' })
    const response = (await client.until('response.done')).response as JsonObject
    expect(response.usage).toBeNull()
    expect(wordsIn(client.audioOf(response.id))).toBe('New words.')
    expect(client.events.some((event) => 'obfuscation' in event)).toBe(false)
  })

  it.each([
    ['PUT', 'brain', [{ say: 'x' }], 400],
    ['PUT', 'brain', '{', 400],
    ['POST', 'faults', { kind: 'earthquake' }, 400],
    ['POST', 'faults', { kind: 'delay', ms: 3 }, 400],
    ['PATCH', 'switches', { nothing: true }, 400],
    ['PATCH', 'switches', { pingMs: 'often' }, 400],
    ['PATCH', 'switches', { transcriptionMs: [5] }, 400],
    ['PUT', 'brain', [{ when: {}, say: 'x', deltaMs: [20] }], 400],
    ['PUT', 'brain', [{ when: {}, ends: { status: 'failed' } }], 400],
    ['GET', 'sessions/sess_none', undefined, 404],
    ['GET', 'nothing', undefined, 404],
    ['PUT', 'brain', 'x'.repeat(1_100_000), 413],
  ])('%s %s refuses what it does not understand', async (method, path, body, status) => {
    const { port } = await start()
    const answer = await ask(port, method, path, body)
    expect(answer.status).toBe(status)
    expect(answer.json).toHaveProperty('error.message')
  })
})

describe('the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-'))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  it('takes a brain, a key and a place for the authority from arguments and environment', async () => {
    const brain = file('brain.json', JSON.stringify([{ when: {}, say: 'From a file.' }]))
    const caFile = join(folder, 'ca.pem')
    const model = await runModel(['--port', '0', '--brain', brain, '--ca-file', caFile], {
      MODEL_API_KEY: 'k',
    })
    try {
      expect(readFileSync(caFile, 'utf8')).toBe(model.ca)
      expect(model.apiKey).toBe('k')
      const client = await WireClient.ready(model)
      client.send({ type: 'response.create' })
      const { id } = (await client.until('response.done')).response as JsonObject
      expect(wordsIn(client.audioOf(id))).toBe('From a file.')
    } finally {
      await model.stop()
    }
  })

  it.each([
    ['a brain that is not there', ['--port', '0', '--brain', join(folder, 'none.json')], 'cannot be read'],
    [
      'a brain with an unknown key',
      ['--port', '0', '--brain', file('bad.json', '[{"say":"x"}]')],
      "'brain[0].when'",
    ],
    ['a port that is no number', ['--port', 'eighty'], 'not a whole number'],
  ])('refuses %s', async (_, args, message) => {
    await expect(runModel(args, {})).rejects.toThrow(message)
  })

  it('refuses a number in the environment that is none', async () => {
    await expect(runModel([], { TORITSUGI_PORT_BASE: 'x' })).rejects.toThrow("TORITSUGI_PORT_BASE is 'x'")
  })

  it('says which port is taken', async () => {
    const { port } = await start()
    await expect(runModel([], { MODEL_PORT: String(port) })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken.`,
    )
  })
})
