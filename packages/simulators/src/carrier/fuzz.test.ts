import { describe, expect, it } from 'vitest'
import { readStreamMessage } from './stream/stream-message.ts'
import { parseTwiml } from './twiml/parse.ts'

const DOCUMENT =
  '<?xml version="1.0"?><Response><Say voice="woman">Hi &amp; bye</Say><Connect action="/a?b=1"><Stream url="wss://x/y">' +
  '<Parameter name="n" value="v"/></Stream></Connect><![CDATA[x]]><!-- c --><Redirect>/n</Redirect></Response>'
const MESSAGE = '{"event":"media","streamSid":"MZ1","media":{"payload":"//////8="}}'
const PIECES = [
  '<',
  '>',
  '&',
  '"',
  '</',
  '/>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '{',
  '}',
  ':',
  ',',
  '\u0000',
  '😀',
  'null',
  '[',
]

function mutator(seed: number): (text: string) => string {
  let state = seed
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % below
  }
  return (text) => {
    let mutated = text
    for (let change = 0; change <= random(4); change += 1) {
      const at = random(mutated.length + 1)
      const cut = random(3) === 0 ? random(12) : 0
      const piece = random(2) === 0 ? (PIECES[random(PIECES.length)] ?? '') : ''
      mutated = mutated.slice(0, at) + piece + mutated.slice(at + cut)
    }
    return mutated
  }
}

describe('mutated input', () => {
  it('documents are read or refused with a code, never thrown', () => {
    const mutate = mutator(1)
    const outcomes = { document: 0, unreadable: 0 }
    for (let round = 0; round < 4000; round += 1) {
      const parsed = parseTwiml(mutate(DOCUMENT))
      outcomes[parsed.is] += 1
      if (parsed.is === 'unreadable') expect(parsed.code).toMatch(/^1210[02]$/)
    }
    expect(outcomes.document).toBeGreaterThan(100)
    expect(outcomes.unreadable).toBeGreaterThan(100)
  })

  it('messages are read or refused with a reason, never thrown', () => {
    const mutate = mutator(2)
    let refused = 0
    for (let round = 0; round < 20_000; round += 1) {
      const message = readStreamMessage(mutate(MESSAGE), 'MZ1')
      if (typeof message === 'string') refused += 1
      else expect(['media', 'mark', 'clear']).toContain(message.event)
    }
    expect(refused).toBeGreaterThan(1000)
  })
})
