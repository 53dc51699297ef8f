import { describe, expect, it } from 'vitest'
import { errorIn } from './part.ts'

describe('a line of a log', () => {
  it.each<[string, string | undefined]>([
    ['{"level":"info","msg":"call answered"}', undefined],
    ['{"level":"warn","msg":"retried"}', undefined],
    [
      '{"level":"error","msg":"handle failed","err":{"message":"no such table"}}',
      'handle failed: no such table',
    ],
    ['{"level":50,"msg":"handle failed"}', 'handle failed'],
    ['{"level":"fatal"}', 'error'],
    ['null', undefined],
    ['listening', undefined],
  ])('%s → %s', (line, text) => {
    expect(errorIn(line, 'stdout')).toBe(text)
  })

  it('on stderr is an error when it reads like one', () => {
    expect(errorIn('TypeError: x is not a function', 'stderr')).toBe('TypeError: x is not a function')
    expect(errorIn('(node:1) ExperimentalWarning: something', 'stderr')).toBeUndefined()
  })
})
