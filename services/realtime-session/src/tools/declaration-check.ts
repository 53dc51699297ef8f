import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { AssistantContent } from '@toritsugi/contracts'
import type { ArgumentChecker } from './argument-check.ts'

/** Where a declaration is wrong (`tools.http.0.parameters`), and why. */
export type DeclarationFault = { path: string; message: string }

const largestSchema = 16_384
const mostHeaders = 30

/** Set by us, or they would change what a request is. */
const ourHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'toritsugi-call-id',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Checks what the contract's schema cannot: the tools' JSON Schemas, names, addresses and headers. */
export function faultsOfTools(
  content: AssistantContent,
  checker: Pick<ArgumentChecker, 'faultOf'>,
  builtIn: readonly string[],
): DeclarationFault[] {
  const seen = new Set(builtIn)
  return content.tools.http.flatMap((tool, index) => {
    const faults: DeclarationFault[] = []
    const say = (field: string, message: string) => {
      faults.push({ path: `tools.http.${index}.${field}`, message })
    }
    if (seen.has(tool.name)) say('name', 'is the name of another tool')
    seen.add(tool.name)
    const size = JSON.stringify(tool.parameters).length
    const fault =
      size > largestSchema ? `is too large (${size} characters)` : checker.faultOf(tool.parameters)
    if (fault !== null) say('parameters', fault)
    const url = new URL(tool.url)
    if (url.username !== '' || url.password !== '')
      say('url', 'must not hold a user or password; use a header')
    const headers = Object.entries(tool.headers)
    if (headers.length > mostHeaders) say('headers', `are more than ${mostHeaders}`)
    for (const [name, value] of headers) {
      const message = faultOfHeader(name, value)
      if (message !== null) say(`headers.${name}`, message)
    }
    return faults
  })
}

function faultOfHeader(name: string, value: string): string | null {
  if (ourHeaders.has(name.toLowerCase())) return 'is set by us'
  if (value.length > 4096) return 'is too long'
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return null
  } catch {
    return 'is not a valid header'
  }
}
