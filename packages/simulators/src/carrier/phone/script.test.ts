import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { namedScript, readScript } from './script.ts'

describe('call scripts', () => {
  it('that come with the package can all be read', () => {
    const names = readdirSync(new URL('../../../call-scripts/', import.meta.url))
    expect(names).toContain('plain.txt')
    for (const name of names)
      expect(readScript(namedScript(name.replace('.txt', ''))).length).toBeGreaterThan(0)
  })

  it('are one step a line; comments and empty lines are nothing', () => {
    const steps = readScript(
      '# hello\n\n  say Hi #1  \nwait-to-hear 2.5s yes|no\nwait-for-silence 300ms\npress *#\nhang-up\n',
    )
    expect(steps.map(({ line }) => line)).toEqual([
      'say Hi #1',
      'wait-to-hear 2.5s yes|no',
      'wait-for-silence 300ms',
      'press *#',
      'hang-up',
    ])
  })

  it.each([
    ['shout Hello', 'Script: "shout Hello" is not understood'],
    ['say', 'Script: "say" needs something to say'],
    ['pause', 'Script: "pause" needs a duration'],
    ['pause soon', 'Script: "pause soon" needs a duration'],
    ['wait-to-hear 3s', 'Script: "wait-to-hear 3s" needs words to wait for'],
    ['press 5x', 'Script: "press 5x" needs keys'],
    ['say-unclearly', 'Script: "say-unclearly" needs something to say'],
    ['tone loud 2s', 'Script: "tone loud 2s" needs a pitch in Hz and a duration'],
    ['tone 440', 'Script: "tone 440" needs a pitch in Hz and a duration'],
    ['voicemail 20s', 'Script: "voicemail 20s" needs a greeting'],
  ])('%s: is refused clearly', (text, message) => {
    expect(() => readScript(text)).toThrow(message)
  })

  it('are found by their name only', () => {
    expect(() => namedScript('../package')).toThrow('not the name')
    expect(() => namedScript('none')).toThrow('There is no call script none')
  })
})
