import { describe, expect, it } from 'vitest'
import { deltaCode, frameCode, unitText } from './audio-code.ts'
import { StreamCheck } from './stream-check.ts'

const CALL = 77

/** Sends `count` frames, then lets arrive what `arrive` makes of their texts. */
function checked(count: number, arrive: (texts: Buffer[]) => Buffer[], code = frameCode) {
  const check = new StreamCheck(code, CALL)
  const texts = Array.from({ length: count }, () => unitText(code, CALL, check.nextSent()))
  for (const text of arrive(texts)) check.take(text, 0, text.length)
  return check.close()
}

const bytes = (text: Buffer): Buffer => Buffer.from(text.toString('latin1'), 'base64')
const base64 = (audio: Buffer): Buffer => Buffer.from(audio.toString('base64'))
const all = { lost: 0, reordered: 0, duplicated: 0, altered: 0, filledMs: 0 }

describe('what arrives is held against what was sent', () => {
  it('whole and in order', () => {
    expect(checked(50, (texts) => texts)).toMatchObject({ ...all, sent: 50, intact: 50 })
    expect(checked(50, (texts) => texts, deltaCode)).toMatchObject({ ...all, sent: 50, intact: 50 })
  })

  it('joined to one, and cut at another place', () => {
    const joined = (texts: Buffer[]) => [base64(Buffer.concat(texts.map(bytes)))]
    expect(checked(5, joined)).toMatchObject({ ...all, intact: 5 })
    const cut = (texts: Buffer[]) => {
      const audio = Buffer.concat(texts.map(bytes))
      return [audio.subarray(0, 100), audio.subarray(100, 423), audio.subarray(423)].map(base64)
    }
    expect(checked(4, cut)).toMatchObject({ ...all, intact: 4 })
    expect(checked(4, cut, deltaCode)).toMatchObject({ ...all, intact: 4 })
  })

  it('whole again after a joined piece', () => {
    const mixed = ([a, b, c, d]: Buffer[]) => [
      base64(Buffer.concat([bytes(a as Buffer), bytes(b as Buffer)])),
      c as Buffer,
      d as Buffer,
    ]
    expect(checked(4, mixed)).toMatchObject({ ...all, intact: 4 })
  })

  it('with one lost in the middle, and the last one lost', () => {
    expect(checked(5, (t) => t.toSpliced(2, 1))).toMatchObject({ ...all, intact: 4, lost: 1 })
    expect(checked(5, (t) => t.slice(0, 4))).toMatchObject({ ...all, intact: 4, lost: 1 })
  })

  it('with two swapped', () => {
    const swapped = ([a, b, ...rest]: Buffer[]) => [b as Buffer, a as Buffer, ...rest]
    expect(checked(5, swapped)).toMatchObject({ ...all, reordered: 1, lost: 0 })
  })

  it('with one doubled', () => {
    const doubled = ([a, ...rest]: Buffer[]) => [a as Buffer, a as Buffer, ...rest]
    expect(checked(5, doubled)).toMatchObject({ ...all, intact: 5, duplicated: 1 })
  })

  it('with one byte changed', () => {
    const changed = (texts: Buffer[]) => {
      const audio = bytes(texts[3] as Buffer)
      audio[80] = (audio[80] as number) ^ 1
      return texts.with(3, base64(audio))
    }
    const counts = checked(5, changed)
    expect(counts.altered).toBe(1)
    expect(counts.lost).toBe(1)
  })

  it("with another call's frame", () => {
    const foreign = (texts: Buffer[]) => [...texts, unitText(frameCode, CALL + 1, 2)]
    expect(checked(5, foreign).altered).toBe(1)
  })

  it('with silence put in by the relay', () => {
    const filled = (texts: Buffer[]) => [
      texts[0] as Buffer,
      base64(Buffer.alloc(320, 0xff)),
      texts[1] as Buffer,
    ]
    expect(checked(2, filled)).toMatchObject({ ...all, intact: 2, filledMs: 40 })
  })
})
