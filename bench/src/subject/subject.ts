import type { CallTarget } from '../generator/load-types.ts'

/** What is measured: a process that carries calls between the generator's carrier and its model. */
export type Subject = {
  readonly name: 'reference' | 'bridge'
  readonly pid: number
  /** It asks for the greeting itself. */
  readonly asksForGreeting: boolean
  /** Fresh calls, as the carrier would open them now. */
  calls(count: number): Promise<CallTarget[]>
  stop(): Promise<void>
}

let streams = 0

/** Ids as Twilio makes them, different for every call of the whole bench. */
export function carrierIds(): { accountSid: string; callSid: string; streamSid: string } {
  const hex = (++streams).toString(16).padStart(8, '0').padStart(32, 'b')
  return { accountSid: `AC${'0'.repeat(32)}`, callSid: `CA${hex}`, streamSid: `MZ${hex}` }
}
