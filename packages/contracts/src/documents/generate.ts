import { mkdirSync, writeFileSync } from 'node:fs'
import { asyncApiDocument } from './asyncapi.ts'
import { openApiDocument } from './openapi.ts'

/** Writes generated/openapi.json and generated/asyncapi.json anew. */
const folder = new URL('../../generated/', import.meta.url)
mkdirSync(folder, { recursive: true })
const write = (name: string, document: object): void =>
  writeFileSync(new URL(name, folder), `${JSON.stringify(document, null, 2)}\n`)

write('openapi.json', await openApiDocument())
write('asyncapi.json', asyncApiDocument())
