import { describe, expect, it } from 'vitest'
import { base64Bytes, isBase64 } from './base64-text.ts'

describe('base64', () => {
  it.each([
    ['////', 3],
    ['//8=', 2],
    ['/w==', 1],
    ['', -1],
    ['AAA', -1],
  ])('%o stands for %i bytes', (text, bytes) => {
    expect(base64Bytes(Buffer.from(text), 0, text.length)).toBe(bytes)
  })
  it.each(['A=AA', 'AA A', 'AA\nA', '=AAA', 'AA-_', 'A===', 'é==', ''])('%o is none', (text) => {
    expect(isBase64(Buffer.from(text), 0, Buffer.byteLength(text))).toBe(false)
  })
  it('is what Node makes of any bytes', () => {
    for (let n = 1; n < 200; n++) {
      const text = Buffer.alloc(n, 255 - n).toString('base64')
      expect(isBase64(Buffer.from(text), 0, text.length)).toBe(true)
      expect(base64Bytes(Buffer.from(text), 0, text.length)).toBe(n)
    }
  })
})
