import { speak, type VoiceBand } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { noise } from '../phone/noise.ts'
import { Recognizer } from './recognizer.ts'
import { toneIn } from './spectrum.ts'

function listenTo(pcm: Int16Array, language = 'en-US'): Recognizer {
  const recognizer = new Recognizer(language)
  for (let at = 0; at < pcm.length; at += 160) recognizer.push(pcm.subarray(at, at + 160))
  return recognizer
}

const tone = (hz: number[], samples = 160) =>
  Int16Array.from({ length: samples }, (_, index) =>
    hz.reduce((sum, one) => sum + 6000 * Math.sin((2 * Math.PI * one * index) / 8000), 0),
  )

describe('understanding speech', () => {
  it.each(['caller', 'human', 'assistant'] as VoiceBand[])('of a clear %s is sure', (band) => {
    const recognizer = listenTo(speak('A table for two, please', band))
    expect(recognizer.hasBegun).toBe(true)
    const { text, confidence } = recognizer.end() ?? { text: '', confidence: 0 }
    expect(text).toBe('A table for two, please')
    expect(confidence).toBeGreaterThan(0.9)
  })

  it('in noise is less sure', () => {
    const pcm = speak('A table for two, please', 'caller')
    const hiss = noise(pcm.length)
    const recognized = listenTo(pcm.map((sample, index) => sample + (hiss[index] as number))).end()
    expect(recognized?.text).toBe('A table for two, please')
    expect(recognized?.confidence).toBeGreaterThan(0.1)
    expect(recognized?.confidence).toBeLessThan(0.5)
  })

  it('of another language gives no words, or wrong ones', () => {
    const pcm = speak('予約をお願いします。', 'caller')
    expect(listenTo(pcm).end()).toBeUndefined()
    expect(listenTo(pcm, 'ja-JP').end()?.text).toBe('予約をお願いします。')
    expect(listenTo(speak('OK 予約', 'caller')).end()).toMatchObject({ text: 'OK ▯' })
  })

  it('of noise, a click or silence gives none', () => {
    expect(listenTo(noise(8000)).end()).toBeUndefined()
    expect(listenTo(new Int16Array(8000)).hasBegun).toBe(false)
    expect(listenTo(noise(320)).hasBegun).toBe(false)
  })
})

describe('tones', () => {
  it.each([
    [[1000], 1000],
    [[2100], 2100],
    [[700, 1200], 'chord'],
    [[480, 620], 'chord'],
    [[350, 440], 'chord'],
  ])('%j are found', (hz, found) => {
    expect(toneIn(tone(hz))).toEqual(found)
  })

  it('are not in noise, silence, nor steadily in a voice', () => {
    expect(toneIn(noise(160))).toBeUndefined()
    expect(toneIn(new Int16Array(160))).toBeUndefined()
    for (const band of ['caller', 'human', 'assistant'] as const) {
      const pcm = speak('Please leave a message after the tone, 発信音の後に', band)
      let run = 0
      let longest = 0
      let last = ''
      for (let at = 0; at < pcm.length; at += 160) {
        const now = String(toneIn(pcm.subarray(at, at + 160)))
        run = now === last && now !== 'undefined' ? run + 1 : 1
        last = now
        longest = Math.max(longest, run)
      }
      expect(longest).toBeLessThan(5)
    }
  })
})
