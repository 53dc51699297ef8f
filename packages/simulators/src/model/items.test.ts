import { decodeMulaw, encodeMulaw, speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { Debugger } from './debugger.ts'
import { FaultList } from './faults.ts'
import { useModel, wordsIn } from './model-under-test.ts'
import type { JsonObject } from './protocol/shape.ts'
import { WireClient } from './wire-client.ts'

const start = useModel()

const typed = (id: string, after?: string | null): JsonObject => ({
  type: 'conversation.item.create',
  ...(after === undefined ? {} : { previous_item_id: after }),
  item: { id, type: 'message', role: 'user', content: [{ type: 'input_text', text: id }] },
})

describe('items', () => {
  it('stand where the client puts them, and go when it deletes them', async () => {
    const server = await start()
    const client = await WireClient.ready(server)
    const places: unknown[] = []
    for (const event of [typed('b'), typed('d', null), typed('a', 'root'), typed('c', 'b')]) {
      client.send(event)
      places.push((await client.until('conversation.item.added')).previous_item_id)
    }
    expect(places).toEqual([null, 'b', null, 'b'])
    client.send({ type: 'conversation.item.delete', item_id: 'd' })
    expect(await client.until('conversation.item.deleted')).toMatchObject({ item_id: 'd' })
    const ids = server.sessions[0]?.conversation.entries.map(({ item }) => item.id)
    expect(ids).toEqual(['a', 'b', 'c'])
  })

  it('understands audio inside an item, and shows its bytes only when they are asked for', async () => {
    const client = await WireClient.ready(await start())
    const audio = Buffer.from(encodeMulaw(speak('Good evening.', 'caller'))).toString('base64')
    client.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_audio', audio }] },
    })
    const { item } = await client.until('conversation.item.done')
    expect(item).toMatchObject({ status: 'completed', content: [{ type: 'input_audio', transcript: null }] })
    expect(JSON.stringify(item)).not.toContain(audio.slice(0, 40))
    client.send({ type: 'conversation.item.retrieve', item_id: (item as JsonObject).id })
    const { item: kept } = await client.until('conversation.item.retrieved')
    const [part] = (kept as { content: JsonObject[] }).content
    const bytes = [part?.audio, audio].map((text) => decodeMulaw(Buffer.from(String(text), 'base64')))
    expect(bytes[0]).toEqual(bytes[1])
    client.send({ type: 'response.create' })
    const { id } = (await client.until('response.done')).response as JsonObject
    expect(wordsIn(client.audioOf(id))).toBe('I see: Good evening.')
  })

  it('takes a replayed function call with its output', async () => {
    const server = await start({ brain: [{ when: { tool: 'hours' }, say: 'From {toolOutput}.' }] })
    const client = await WireClient.ready(server)
    const call = { type: 'function_call', name: 'hours', arguments: '{}', call_id: 'call_1' }
    const output = { type: 'function_call_output', call_id: 'call_1', output: 'nine' }
    for (const item of [call, output]) client.send({ type: 'conversation.item.create', item })
    client.send({ type: 'response.create' })
    const { id } = (await client.until('response.done')).response as JsonObject
    expect(wordsIn(client.audioOf(id))).toBe('From nine.')
    expect(server.debugger.entries).toEqual([])
  })

  it('answers a context of its own with a call and its output', async () => {
    const client = await WireClient.ready(await start({ brain: [{ when: {}, say: '{toolOutput}' }] }))
    const input = [
      { type: 'function_call', name: 'f', arguments: '{}', call_id: 'c' },
      { type: 'function_call_output', call_id: 'c', output: 'seven' },
    ]
    client.send({ type: 'response.create', response: { input, output_modalities: ['text'] } })
    expect(await client.until('response.output_text.done')).toHaveProperty('text', 'seven')
  })
})

describe('a session seen from a test', () => {
  it('waits for what is said', async () => {
    const server = await start()
    const client = await WireClient.ready(server)
    const session = await server.waitForSession()
    const waiting = session.waitToUnderstand(/please/)
    client.append(speak('A person, please.', 'caller'))
    client.silence(300)
    expect((await waiting).heard).toBe('A person, please.')
    await expect(session.waitToUnderstand(/never/, 20)).rejects.toThrow('did not come to it in 20 ms')
    await expect(server.waitForSession(5, 20)).rejects.toThrow('Session 5 was not opened within 20 ms')
  })
})

describe('the debugger', () => {
  it('keeps what nobody announced apart', () => {
    const record = new Debugger()
    for (const code of ['a', 'b1', 'b2']) record.add({ sessionId: null, code, message: '', event: null })
    record.expect('a', /^b/)
    expect(record.unexpected).toEqual([])
    record.add({ sessionId: null, code: 'c', message: '', event: null })
    expect(record.unexpected.map(({ code }) => code)).toEqual(['c'])
    record.clear()
    expect(record.entries).toEqual([])
  })
})

describe('faults', () => {
  it('strike as often as they say, at whom they say, and can be taken back', () => {
    const faults = new FaultList([
      { kind: 'mute', session: 1, times: 2 },
      { kind: 'no-usage', times: 'always' },
    ])
    const back = faults.add({ kind: 'late-transcription', ms: 5 })
    expect([
      faults.take('mute', 0),
      faults.take('mute', 1),
      faults.take('mute', 1),
      faults.take('mute', 1),
    ]).toEqual([null, { kind: 'mute', session: 1, times: 2 }, { kind: 'mute', session: 1, times: 2 }, null])
    expect(faults.take('no-usage', 3)).toBe(faults.take('no-usage', 4))
    back()
    expect(faults.waiting).toEqual([{ kind: 'no-usage', times: 'always' }])
  })
})
