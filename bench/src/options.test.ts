import { describe, expect, it } from 'vitest'
import { ROW_GROUPS, readOptions } from './options.ts'

describe('the command line of the bench', () => {
  it('is everything when nothing is asked', () => {
    expect(readOptions([])).toEqual({
      quick: false,
      rows: [...ROW_GROUPS],
      out: undefined,
      profile: undefined,
    })
  })

  it('chooses rows, in the order they run, behind the dashes of pnpm', () => {
    expect(readOptions(['--', '--quick', '--rows', 'integrity, cpu', '--out', 'x.json'])).toEqual({
      quick: true,
      rows: ['cpu', 'integrity'],
      out: 'x.json',
      profile: undefined,
    })
  })

  it('refuses what it does not know', () => {
    expect(() => readOptions(['--rows', 'cpu,tea'])).toThrow(/Unknown rows: tea\nUsage: pnpm bench/)
    expect(() => readOptions(['--fast'])).toThrow(/Usage/)
  })
})
