import { describe, expect, it } from 'vitest'
import { createArgumentChecker } from './argument-check.ts'

const order = {
  type: 'object',
  properties: {
    number: { type: 'string', pattern: '^[0-9]{4}$' },
    day: { type: 'string', format: 'date' },
    size: { enum: ['s', 'm'] },
  },
  required: ['number'],
  additionalProperties: false,
}

describe('arguments', () => {
  const checker = createArgumentChecker()
  it.each([
    ['{"number":"1234"}', null],
    ['{"number":"1234","day":"2026-11-21","size":"m"}', null],
    ['{}', /required property 'number'/],
    ['', /required property 'number'/],
    ['{"number":"12"}', /argument number must match pattern/],
    ['{"number":"1234","day":"tomorrow"}', /argument day must match format/],
    ['{"number":"1234","size":"xl"}', /argument size must be equal to one of/],
    ['{"number":"1234","x":1}', /additional properties/],
    ['[]', /must be an object/],
    ['null', /must be an object/],
    ['"text"', /must be an object/],
    ['{"number":', /not JSON/],
  ])('%s', (json, fault) => {
    const checked = checker.check(order, json)
    if (fault === null) expect(checked).toEqual({ ok: true, given: JSON.parse(json) })
    else expect(checked).toEqual({ ok: false, error: expect.stringMatching(fault) })
  })

  it('may be left out when none are required', () => {
    expect(checker.check({ type: 'object' }, ' ')).toEqual({ ok: true, given: {} })
  })

  it('are not completed or converted', () => {
    const schema = { type: 'object', properties: { n: { type: 'number', default: 7 } } }
    expect(checker.check(schema, '{}')).toEqual({ ok: true, given: {} })
    expect(checker.check(schema, '{"n":"7"}').ok).toBe(false)
  })
})

describe('a schema', () => {
  const checker = createArgumentChecker()
  it.each([
    [{ type: 'object', properties: {} }, null],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' }, null],
    [{ type: 'object', $defs: { a: { type: 'string' } }, properties: { a: { $ref: '#/$defs/a' } } }, null],
    [{ type: 'object', 'x-note': 'unknown words are allowed' }, null],
    [{}, /must describe an object/],
    [{ type: 'string' }, /must describe an object/],
    [{ type: 'object', properties: { a: { type: 'wat' } } }, /properties/],
    [{ type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } }, /can't resolve/],
    [{ type: 'object', $schema: 'http://json-schema.org/draft-04/schema#' }, /no schema with key/],
    [{ type: 'object', properties: { a: { type: 'string', pattern: '(' } } }, /regular expression|Invalid/i],
    [{ type: 'object', $async: true }, /asynchronous/],
  ])('%j', (schema, fault) => {
    const found = checker.faultOf(schema)
    if (fault === null) expect(found).toBeNull()
    else expect(found).toMatch(fault)
  })

  it('may carry an id, in many versions', () => {
    const version = (n: number) => ({ $id: 'https://example.com/tool', type: 'object', minProperties: n })
    expect(checker.faultOf(version(0))).toBeNull()
    expect(checker.faultOf(version(1))).toBeNull()
    expect(checker.check(version(0), '{}').ok).toBe(true)
    expect(checker.check(version(1), '{}').ok).toBe(false)
  })
})
