import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { channelOf, channels } from './channels.ts'
import { commands } from './commands.ts'
import { Envelope } from './envelope.ts'
import { epochSeen, livePartial, podHeartbeat } from './subjects.ts'

const folder = new URL('../fixtures/', import.meta.url)
const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), 'utf8'))

describe('facts', () => {
  it.each(channels.map((c) => [c.type, c] as const))('%s parses its fixture', (type, channel) => {
    const envelope = Envelope.parse(read(`facts/${type}.json`))
    expect(envelope.type).toBe(type)
    expect(channel.schema.parse(envelope.data)).toEqual(envelope.data)
  })

  it('has a channel for every fixture', () => {
    const types = readdirSync(new URL('facts/', folder)).map((file) => file.replace(/\.json$/, ''))
    expect(types.filter((type) => channelOf(type) === undefined)).toEqual([])
    expect(types.length).toBe(channels.length)
  })

  it('says each type once', () => {
    expect(new Set(channels.map((c) => c.type)).size).toBe(channels.length)
  })
})

describe('commands', () => {
  it.each(commands.map((c) => [`${c.service}.${c.verb}`, c] as const))(
    '%s parses its fixture',
    (name, command) => {
      const fixture = read(`commands/${name}.json`) as { request: unknown; reply: unknown }
      expect(command.request.parse(fixture.request)).toEqual(fixture.request)
      expect(command.reply.parse(fixture.reply)).toEqual(fixture.reply)
    },
  )

  it('has a command for every fixture', () => {
    expect(readdirSync(new URL('commands/', folder)).length).toBe(commands.length)
  })
})

describe('live messages', () => {
  it('parse their fixtures', () => {
    expect(livePartial.schema.parse(read('live/partial.json'))).toBeTruthy()
    expect(epochSeen.schema.parse(read('live/epoch.json'))).toBeTruthy()
    expect(podHeartbeat.schema.parse(read('live/heartbeat.json'))).toBeTruthy()
  })
})

describe('what must be refused', () => {
  const good = read('facts/call.ended.json') as Record<string, unknown>
  it.each([
    ['an unknown attribute', { ...good, surprise: 1 }],
    ['a sequence of 0', { ...good, sequence: 0 }],
    ['a local time', { ...good, time: '2026-11-21 05:00:00' }],
    ['a source without a service', { ...good, source: 'call-control' }],
    ['an id of another kind', { ...good, id: good.subject }],
    ['no data', { ...good, data: undefined }],
  ])('%s', (_story, envelope) => {
    expect(Envelope.safeParse(envelope).success).toBe(false)
  })
})
