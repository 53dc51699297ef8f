import { describe, expect, it } from 'vitest'
import { type KeysEvent, noKeys, stepKeys } from './keys.ts'

describe('keys', () => {
  const press = (digit: string, at: number): KeysEvent => ({ type: 'pressed', digit, at })
  const tick = (at: number): KeysEvent => ({ type: 'ticked', at })
  const stories: [string, KeysEvent[], string[]][] = [
    ['are one entry until a pause', [press('1', 0), press('2', 1000), tick(2499), tick(2500)], ['12 from 0']],
    ['end with #', [press('1', 0), press('#', 10), tick(9000)], ['1# from 0']],
    ['that are none are none', [press('x', 0), tick(9000)], []],
    ['begin anew after an entry', [press('#', 5), press('*', 700), tick(2200)], ['# from 5', '* from 700']],
    ['are bounded', Array.from({ length: 64 }, (_, n) => press('7', n)), [`${'7'.repeat(64)} from 0`]],
  ]
  it.each(stories)('%s', (_story, events, said) => {
    let keys = noKeys()
    const told: string[] = []
    for (const event of events) {
      const { state, commands } = stepKeys(keys, event)
      keys = state
      told.push(...commands.map((command) => `${command.keys} from ${command.firstAt}`))
    }
    expect(told).toEqual(said)
  })
})
