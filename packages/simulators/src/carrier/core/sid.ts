import { randomBytes } from 'node:crypto'

export type SidKind = 'CA' | 'MZ' | 'RE' | 'PN' | 'AL'

/** A new SID: two letters and 32 hexadecimal digits ("Twilio's String Identifiers"). */
export function newSid(kind: SidKind): string {
  return kind + randomBytes(16).toString('hex')
}
