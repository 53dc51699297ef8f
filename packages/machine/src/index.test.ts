import { describe, expect, expectTypeOf, it } from 'vitest'
import { assertNever, go, refuse, type Step, stay } from './index.ts'

type Light = { is: 'red' } | { is: 'green'; since: number }
type Command = { type: 'ringBell'; times: number }
type Event = { type: 'pressed'; at: number } | { type: 'expired' } | { type: 'painted' }

function step(light: Light, event: Event): Step<Light, Command> {
  switch (event.type) {
    case 'pressed':
      return light.is === 'red'
        ? go<Light, Command>({ is: 'green', since: event.at }, { type: 'ringBell', times: 2 })
        : stay(light)
    case 'expired':
      return go({ is: 'red' })
    case 'painted':
      return refuse(light, 'light.not-yours')
    default:
      return assertNever(event)
  }
}

describe('a machine made of steps', () => {
  const stories: [string, Light, Event, Step<Light, Command>][] = [
    [
      'a request that is allowed moves on and asks for commands',
      { is: 'red' },
      { type: 'pressed', at: 5 },
      { state: { is: 'green', since: 5 }, commands: [{ type: 'ringBell', times: 2 }] },
    ],
    [
      'a repeated fact stays',
      { is: 'green', since: 5 },
      { type: 'pressed', at: 9 },
      { state: { is: 'green', since: 5 }, commands: [] },
    ],
    [
      'a step without commands',
      { is: 'green', since: 5 },
      { type: 'expired' },
      { state: { is: 'red' }, commands: [] },
    ],
    [
      'a refusal keeps the state and says why',
      { is: 'red' },
      { type: 'painted' },
      { state: { is: 'red' }, commands: [], refused: 'light.not-yours' },
    ],
  ]
  it.each(stories)('%s', (_story, state, event, expected) => {
    expect(step(state, event)).toEqual(expected)
  })

  it('keeps the very same state object when it stays', () => {
    const state: Light = { is: 'red' }
    expect(stay(state).state).toBe(state)
    expect(refuse(state, 'x').state).toBe(state)
  })

  it('names an impossible case without showing its contents', () => {
    const alien = { type: 'exploded', secret: '4111111111111111' }
    expect(() => step({ is: 'red' }, alien as unknown as Event)).toThrow(/^impossible case: exploded$/)
    expect(() => assertNever('blue' as never)).toThrow('impossible case: blue')
    expect(() => assertNever({ secret: 'x' } as never)).toThrow('object without type, is or kind')
    expect(() => assertNever(null as never)).toThrow('impossible case: null')
  })

  it('has a type that a step without commands satisfies', () => {
    expectTypeOf(stay({ is: 'red' } as Light)).toExtend<Step<Light, Command>>()
  })
})
