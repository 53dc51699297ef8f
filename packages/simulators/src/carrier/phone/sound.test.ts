import { speak } from '@toritsugi/audio'
import { describe, expect, it } from 'vitest'
import { firstSoundAfter, lastSoundBefore, longestSilence } from './sound.ts'

const word = speak('Hello', 'assistant')
const pcm = new Int16Array(8000 * 3)
pcm.set(word, 8000)
pcm.set(word, 16_000)
const wordMs = word.length / 8

describe('measures of sound', () => {
  it('find where it begins and ends', () => {
    expect(Math.abs((firstSoundAfter(pcm, 0) ?? 0) - 1000)).toBeLessThan(12)
    expect(firstSoundAfter(pcm, 1100)).toBeLessThan(1105)
    expect(Math.abs((lastSoundBefore(pcm, 1900) ?? 0) - 1000 - wordMs)).toBeLessThan(22)
    expect(firstSoundAfter(pcm, 2900)).toBeUndefined()
    expect(lastSoundBefore(pcm, 990)).toBeUndefined()
  })

  it('find the longest silence', () => {
    const between = longestSilence(pcm, 1100, 2100)
    expect(Math.abs(between.ms - (1000 - wordMs))).toBeLessThan(30)
    expect(Math.abs(between.endMs - 2000)).toBeLessThan(12)
    expect(longestSilence(pcm).ms).toBeGreaterThan(990)
    expect(longestSilence(word.subarray(200, 2000)).ms).toBe(0)
  })
})
