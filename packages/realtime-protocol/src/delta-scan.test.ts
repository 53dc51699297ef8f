import { describe, expect, it } from 'vitest'
import { isBase64 } from './base64-text.ts'
import { newDeltaScan, scanAudioDelta } from './delta-scan.ts'
import { chance, mutated, parsed } from './test-mutation.ts'

const delta = newDeltaScan()

describe('an audio delta of the model', () => {
  const event = {
    type: 'response.output_audio.delta',
    event_id: 'event_1',
    response_id: 'resp_1',
    item_id: 'item_1',
    output_index: 0,
    content_index: 0,
    delta: 'A'.repeat(100_000),
  }
  it.each([
    ['as documented', JSON.stringify(event)],
    ['with white space', JSON.stringify(event, null, 4)],
    ['with its type last', JSON.stringify(Object.fromEntries(Object.entries(event).reverse()))],
    ['with obfuscation', JSON.stringify({ ...event, obfuscation: 'zzz' })],
  ])('is found %s', (_story, text) => {
    const bytes = Buffer.from(text)
    expect(scanAudioDelta(bytes, delta)).toBe(true)
    expect(delta.audioEnd - delta.audioStart).toBe(100_000)
    expect(bytes.toString('latin1', delta.responseStart, delta.responseEnd)).toBe('resp_1')
    expect(bytes.toString('latin1', delta.itemStart, delta.itemEnd)).toBe('item_1')
  })
  it.each([
    ['words', { ...event, type: 'response.output_audio_transcript.delta', delta: 'もしもし' }],
    ['no response', { ...event, response_id: undefined }],
    ['an object within', { ...event, extra: {} }],
  ])('is not found with %s', (_story, json) => {
    expect(scanAudioDelta(Buffer.from(JSON.stringify(json)), delta)).toBe(false)
  })
})

describe('20,000 broken messages', () => {
  it('of the model: what the scan takes, JSON.parse reads the same', () => {
    const next = chance(7)
    const seed = JSON.stringify({
      type: 'response.output_audio.delta',
      event_id: 'event_1',
      response_id: 'resp_1',
      item_id: 'item_1',
      output_index: 0,
      content_index: 0,
      delta: 'fn5+fn5/',
      obfuscation: 'x',
    })
    let taken = 0
    for (let n = 0; n < 20_000; n++) {
      const text = mutated(seed, next)
      const bytes = Buffer.from(text)
      if (!scanAudioDelta(bytes, delta)) continue
      taken++
      const audio = bytes.toString('utf8', delta.audioStart, delta.audioEnd)
      if (!isBase64(bytes, delta.audioStart, delta.audioEnd)) continue
      const json = parsed(text)
      expect(json, text).toMatchObject({
        type: 'response.output_audio.delta',
        delta: audio,
        response_id: bytes.toString('utf8', delta.responseStart, delta.responseEnd),
        item_id: bytes.toString('utf8', delta.itemStart, delta.itemEnd),
      })
    }
    expect(taken).toBeGreaterThan(1000)
  })
})
