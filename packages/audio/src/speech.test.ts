import { describe, expect, it } from 'vitest'
import { levelDbfs, mix } from './level.ts'
import { createListener, DAMAGED, type HeardWord, textOf } from './listener.ts'
import { decodeMulaw, encodeMulaw } from './mulaw.ts'
import { resample } from './resample.ts'
import { speak } from './speak.ts'
import type { VoiceBand } from './voice-band.ts'

const BANDS: readonly VoiceBand[] = ['caller', 'human', 'assistant']
const ENGLISH = 'Hello, this is Toritsugi speaking. How can I help you today, on 2026-11-21?'
const JAPANESE = 'お電話ありがとうございます。取次でございます。ご用件をどうぞ。'
const FRAME = 160

/** What a listener understands, fed in 20 ms frames through µ-law as the telephone does. */
function hear(pcm: Int16Array, band: VoiceBand): HeardWord[] {
  const listener = createListener(band)
  const line = decodeMulaw(encodeMulaw(pcm))
  const words: HeardWord[] = []
  for (let at = 0; at < line.length; at += FRAME) words.push(...listener.push(line.subarray(at, at + FRAME)))
  return [...words, ...listener.flush()]
}

const heardText = (pcm: Int16Array, band: VoiceBand) => textOf(hear(pcm, band))

function joined(...parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const silence = (ms: number) => new Int16Array(ms * 8)

function noise(ms: number, height: number): Int16Array {
  let state = 7
  return Int16Array.from({ length: ms * 8 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return ((state >>> 16) / 32_768 - 1) * height
  })
}

describe('words survive the telephone', () => {
  for (const band of BANDS) {
    it(`${band}: English and Japanese come back letter by letter`, () => {
      expect(heardText(speak(ENGLISH, band), band)).toBe(ENGLISH)
      expect(heardText(speak(JAPANESE, band), band)).toBe(JAPANESE)
    })
  }

  it('takes text with emoji, long words and odd spaces', () => {
    const text =
      ' 😀 Donaudampfschifffahrtsgesellschaftskapitän\n https://example.com/a/very/long/path?query=1  é '
    expect(heardText(speak(text, 'caller'), 'caller')).toBe(text.trim().replaceAll(/\s+/g, ' '))
  })

  it('says nothing for nothing', () => {
    expect(speak('  \n', 'caller')).toHaveLength(0)
  })

  it('does not depend on where the frames begin', () => {
    const pcm = speak('One two three four five.', 'assistant')
    for (let offset = 0; offset < FRAME; offset += 7) {
      expect(heardText(joined(new Int16Array(offset), pcm), 'assistant')).toBe('One two three four five.')
    }
  })

  it('takes samples in pieces of any size', () => {
    const pcm = speak(JAPANESE, 'human')
    const listener = createListener('human')
    const words: HeardWord[] = []
    for (let at = 0, size = 1; at < pcm.length; at += size, size = (size * 7 + 3) % 411) {
      words.push(...listener.push(pcm.subarray(at, at + size)))
    }
    expect(textOf([...words, ...listener.flush()])).toBe(JAPANESE)
  })

  it('survives a trip through 24 kHz', () => {
    for (const band of BANDS) {
      const wide = resample(speak(ENGLISH, band), 8000, 24_000)
      expect(heardText(resample(wide, 24_000, 8000), band)).toBe(ENGLISH)
    }
  })

  it('survives 20 dB less level and noise 12 dB below the voice', () => {
    const pcm = speak(ENGLISH, 'caller')
    expect(
      heardText(
        pcm.map((sample) => sample / 10),
        'caller',
      ),
    ).toBe(ENGLISH)
    expect(heardText(mix(pcm, noise(pcm.length / 8, 2000)), 'caller')).toBe(ENGLISH)
  })
})

describe('timing', () => {
  it('tells when each word was spoken, to within 20 ms', () => {
    const first = speak('Yes', 'caller')
    const words = hear(joined(silence(500), first, silence(300), speak('No thanks', 'caller')), 'caller')
    const second = 500 + first.length / 8 + 300
    expect(words.map(({ text }) => text)).toEqual(['Yes', 'No', 'thanks'])
    expect(Math.abs((words[0]?.startMs ?? 0) - 510)).toBeLessThan(3)
    expect(Math.abs((words[0]?.endMs ?? 0) - (510 + (24 + 3 * 4) * 5))).toBeLessThan(3)
    expect(Math.abs((words[1]?.startMs ?? 0) - (second + 10))).toBeLessThan(3)
    expect(Math.abs((words[2]?.startMs ?? 0) - (words[1]?.endMs ?? 0))).toBeLessThan(3)
  })

  it('gives a word as soon as it is complete', () => {
    const pcm = speak('Now this', 'caller')
    const listener = createListener('caller')
    let at = 0
    let words: HeardWord[] = []
    while (words.length === 0 && at < pcm.length) {
      words = listener.push(pcm.subarray(at, at + FRAME))
      at += FRAME
    }
    expect(words[0]?.text).toBe('Now')
    expect(at / 8 - (words[0]?.endMs ?? 0)).toBeLessThan(40)
  })

  it('speaks at the speed of people, and slower when asked', () => {
    for (const [text, rate] of [
      [ENGLISH, 1],
      [JAPANESE, 1],
      [ENGLISH, 0.6],
    ] as const) {
      const bytesPerSecond =
        new TextEncoder().encode(text).length / (speak(text, 'human', { rate }).length / 8000)
      expect(bytesPerSecond).toBeGreaterThan(12)
      expect(bytesPerSecond).toBeLessThan(40)
    }
    const slow = speak(ENGLISH, 'human', { rate: 0.5 })
    expect(slow.length / speak(ENGLISH, 'human').length).toBeCloseTo(2, 0)
    expect(heardText(slow, 'human')).toBe(ENGLISH)
    expect(() => speak('a', 'human', { rate: 2 })).toThrow(RangeError)
  })

  it('has the level of a voice in every 20 ms of an utterance', () => {
    for (const band of BANDS) {
      const pcm = speak(ENGLISH, band)
      for (let at = FRAME; at + 2 * FRAME < pcm.length; at += FRAME) {
        expect(levelDbfs(pcm.subarray(at, at + FRAME))).toBeGreaterThan(-24)
      }
      expect(levelDbfs(pcm)).toBeLessThan(-10)
    }
  })
})

describe('voices apart and together', () => {
  it('tells mixed voices apart at any shift, also when one is 12 dB louder', () => {
    for (const shift of [0, 13, 190, 333]) {
      const caller = joined(silence(shift), speak(ENGLISH, 'caller'))
      const human = joined(silence(2 * shift), speak(JAPANESE, 'human')).map((sample) => sample / 4)
      const assistant = speak('Certainly. One moment, please; I am looking it up.', 'assistant')
      const line = mix(caller, human, assistant)
      expect(heardText(line, 'caller')).toBe(ENGLISH)
      expect(heardText(line, 'human')).toBe(JAPANESE)
      expect(heardText(line, 'assistant')).toBe('Certainly. One moment, please; I am looking it up.')
    }
  })

  it('hears nothing in another band, in silence or in noise', () => {
    for (const band of BANDS) {
      for (const other of BANDS) {
        if (other !== band) expect(hear(speak(`${ENGLISH} ${JAPANESE}`, other), band)).toEqual([])
      }
      expect(hear(silence(5000), band)).toEqual([])
      expect(hear(noise(20_000, 8000), band)).toEqual([])
    }
  })

  it('does not make words of two voices in one band', () => {
    const both = mix(speak(ENGLISH, 'caller'), joined(silence(57), speak(JAPANESE, 'caller')))
    expect(heardText(both, 'caller')).not.toContain('Toritsugi speaking')
  })
})

describe('damage shows', () => {
  const pcm = speak(ENGLISH, 'assistant')
  const frames = pcm.length / FRAME
  const without = (frame: number, count = 1) =>
    joined(pcm.subarray(0, frame * FRAME), pcm.subarray((frame + count) * FRAME))
  const doubled = (frame: number) => joined(pcm.subarray(0, (frame + 1) * FRAME), pcm.subarray(frame * FRAME))

  it('a lost frame, wherever it is, leaves a mark and spares the other words', () => {
    for (let frame = 1; frame < frames - 3; frame += 1) {
      const heard = hear(without(frame), 'assistant')
      const good = heard.filter(({ damaged }) => !damaged)
      expect(textOf(heard), `frame ${frame}`).not.toBe(ENGLISH)
      expect(good.length, `frame ${frame}: ${textOf(heard)}`).toBeGreaterThanOrEqual(
        ENGLISH.split(' ').length - 2,
      )
    }
  })

  it('a doubled frame does as well', () => {
    for (let frame = 1; frame < frames - 3; frame += 1) {
      expect(heardText(doubled(frame), 'assistant'), `frame ${frame}`).not.toBe(ENGLISH)
    }
  })

  it('two swapped frames do as well', () => {
    for (let frame = 1; frame < frames - 4; frame += 1) {
      const swapped = joined(
        pcm.subarray(0, frame * FRAME),
        pcm.subarray((frame + 1) * FRAME, (frame + 2) * FRAME),
        pcm.subarray(frame * FRAME, (frame + 1) * FRAME),
        pcm.subarray((frame + 2) * FRAME),
      )
      expect(heardText(swapped, 'assistant'), `frame ${frame}`).not.toBe(ENGLISH)
    }
  })

  it('a gap of silence in the middle shows', () => {
    for (let frame = 2; frame < frames - 3; frame += 3) {
      const gap = joined(pcm.subarray(0, frame * FRAME), silence(100), pcm.subarray(frame * FRAME))
      expect(heardText(gap, 'assistant'), `frame ${frame}`).not.toBe(ENGLISH)
    }
  })

  it('speech cut off in the middle ends with a damaged word at the cut, and the next sentence is whole', () => {
    const cut = Math.floor(pcm.length / 2)
    const heard = hear(
      joined(pcm.subarray(0, cut), silence(400), speak('Pardon me?', 'assistant')),
      'assistant',
    )
    expect(textOf(heard)).toMatch(/^Hello, this is .* ▯ Pardon me\?$/)
    const mark = heard.find(({ damaged }) => damaged)
    expect(Math.abs((mark?.endMs ?? 0) - cut / 8)).toBeLessThan(40)
  })

  it('the end of the samples ends an open word as damaged', () => {
    const listener = createListener('caller')
    const whole = speak('unfinished', 'caller')
    expect(listener.push(whole.subarray(0, whole.length / 2))).toEqual([])
    expect(listener.flush()).toMatchObject([{ text: DAMAGED, damaged: true }])
    expect(listener.flush()).toEqual([])
  })

  it('a doubled word is heard twice', () => {
    const word = speak('twice', 'caller')
    expect(heardText(joined(word, word), 'caller')).toBe('twice twice')
  })

  it('starting to listen in the middle of a sentence shows that something was missed', () => {
    const heard = hear(pcm.subarray(pcm.length / 2), 'assistant')
    expect(heard[0]?.damaged).toBe(true)
    expect(textOf(heard)).toMatch(/on 2026-11-21\?$/)
  })
})
