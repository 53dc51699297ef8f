import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { channels } from '../channels.ts'
import { operations } from '../operations.ts'
import { asyncApiDocument } from './asyncapi.ts'
import { openApiDocument } from './openapi.ts'

const committed = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../generated/${name}`, import.meta.url), 'utf8'))

describe('openapi.json', () => {
  it('is what the contracts say now', async () => {
    expect(committed('openapi.json')).toEqual(JSON.parse(JSON.stringify(await openApiDocument())))
  })

  it('is accepted by a validator of OpenAPI 3.1', async () => {
    const result = await new Validator().validate(committed('openapi.json') as Record<string, unknown>)
    expect(result.errors ?? []).toEqual([])
    expect(result.valid).toBe(true)
  })

  it('names every operation', () => {
    const text = JSON.stringify(committed('openapi.json'))
    expect(operations.filter((o) => !text.includes(`"operationId":"${o.id}"`))).toEqual([])
  })
})

describe('asyncapi.json', () => {
  it('is what the contracts say now', () => {
    expect(committed('asyncapi.json')).toEqual(JSON.parse(JSON.stringify(asyncApiDocument())))
  })

  it('is accepted by the AsyncAPI parser', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(committed('asyncapi.json')))
    expect(diagnostics.filter((d) => d.severity === 0)).toEqual([])
    expect(document?.allMessages().length).toBeGreaterThan(channels.length)
  })
})
