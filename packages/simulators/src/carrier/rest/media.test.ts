import { describe, expect, it } from 'vitest'
import { partOf } from './media.ts'

const FILE = Uint8Array.from({ length: 10 }, (_, index) => index)

describe('parts of a file', () => {
  it.each([
    [undefined, 200, undefined, [0, 9]],
    ['bytes=0-3', 206, 'bytes 0-3/10', [0, 3]],
    ['bytes=8-', 206, 'bytes 8-9/10', [8, 9]],
    ['bytes=8-99', 206, 'bytes 8-9/10', [8, 9]],
    ['bytes=-3', 206, 'bytes 7-9/10', [7, 9]],
    ['bytes=-99', 206, 'bytes 0-9/10', [0, 9]],
    ['bytes=10-', 416, 'bytes */10', undefined],
    ['bytes=-0', 416, 'bytes */10', undefined],
    ['bytes=3-1', 200, undefined, [0, 9]],
    ['bytes=0-1,4-5', 200, undefined, [0, 9]],
    ['items=0-1', 200, undefined, [0, 9]],
    ['bytes=-', 200, undefined, [0, 9]],
  ] as const)('%s: %i %s', (range, status, contentRange, bounds) => {
    const part = partOf(FILE, range)
    expect(part.status).toBe(status)
    expect(part.headers['content-range']).toBe(contentRange)
    const bytes = bounds ? [...FILE.subarray(bounds[0], bounds[1] + 1)] : []
    expect([...part.bytes]).toEqual(bytes)
  })
})
