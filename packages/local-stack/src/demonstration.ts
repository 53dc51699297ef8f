import type { Envelope } from '@toritsugi/contracts'
import type { Stack } from './stack.ts'
import { type Expected, judge } from './story/verdict.ts'

/** What the demonstration call provokes, and so what has to be found in its facts. */
export const expected: Expected = {
  callerTurns: 3,
  assistantTurns: 3,
  bargeIn: true,
  tool: 'take-message',
  endReasons: ['assistant-ended'],
}

/** Hears a call's facts as they are published. */
export type FactTakers = Set<(envelope: Envelope) => void>

export async function demonstrate(
  stack: Stack,
  takers: FactTakers,
  say: (text: string) => void,
): Promise<string[]> {
  const facts: Envelope[] = []
  takers.add((envelope) => facts.push(envelope))
  say(`calling ${stack.settings.publicUrl}`)
  return judge(facts, expected)
}
