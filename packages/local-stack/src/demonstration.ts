import type { Envelope } from '@toritsugi/contracts'
import { announce, complaintsOf, dialIn, phoneReport } from './carrier-control.ts'
import { ANNOUNCED, CALLER, DEMO_SCRIPT, expected } from './demo-script.ts'
import { DEMO_NUMBER } from './parts/part-specs.ts'
import { checkRest } from './rest-check.ts'
import type { Stack } from './stack.ts'
import { dollars } from './story/layout.ts'
import { judge, type Outcome, outcomeOf } from './story/verdict.ts'
import { shownPath } from './welcome.ts'

/** Hears every fact as it is published. */
export type FactTakers = Set<(envelope: Envelope) => void>

const CALL_DEADLINE_MS = 120_000
const AFTER_END_MS = 15_000

/**
 * Places the demonstration call and waits until it is over and written down.
 * @returns what was not as expected, a sentence each; empty when all is well
 */
export async function demonstrate(
  stack: Stack,
  takers: FactTakers,
  say: (text: string) => void,
): Promise<string[]> {
  const { ports } = stack.settings
  const facts: Envelope[] = []
  const call = followCall(facts, takers)
  try {
    say(`  A simulated caller dials ${DEMO_NUMBER}, interrupts the greeting, and leaves a message.\n`)
    await announce(ports.carrier, ANNOUNCED)
    const callSid = await dialIn(ports.carrier, { from: CALLER, to: DEMO_NUMBER, script: DEMO_SCRIPT })
    const late = await call.finished(callSid)
    const phone = await phoneReport(ports.carrier, callSid)
    const outcome = outcomeOf(facts)
    const complaints = [
      ...late,
      ...judge(facts, expected),
      ...phone.phone.events.flatMap(({ type, message }) =>
        type === 'script-failed' ? [`the caller gave up: ${message}`] : [],
      ),
      ...damage(phone.phone.heard.assistant, outcome.bargeIns),
      ...(await complaintsOf('carrier', ports.carrier)),
      ...(await complaintsOf('model', ports.model)),
      ...(await checkRest(stack, call.id(), outcome)),
      ...stack.supervisor.errors().map(({ part, text }) => `${part} logged an error: ${text}`),
    ]
    for (const line of summary(outcome)) say(line)
    const id = call.id()
    if (id) say(`  read it: ${readingCommand(stack, id)}\n`)
    return complaints
  } finally {
    call.forget()
  }
}

/** Collects the facts of the call that is placed now: the first one with this CallSid. */
function followCall(facts: Envelope[], takers: FactTakers) {
  const before: Envelope[] = []
  let id: string | undefined
  let sid: string | undefined
  let notice: () => void = () => {}
  const take = (envelope: Envelope) => {
    if (id === undefined) before.push(envelope)
    if (id === undefined && sid !== undefined) adopt()
    else if (envelope.subject === id) facts.push(envelope)
    notice()
  }
  const adopt = () => {
    id = before.find(({ type, data }) => type === 'call.started' && data.carrierCallId === sid)?.subject
    if (id === undefined) return
    facts.push(...before.splice(0).filter(({ subject }) => subject === id))
  }
  takers.add(take)
  const has = (type: string) => facts.some((fact) => fact.type === type)
  const until = (done: () => boolean, ms: number): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (answer: boolean) => {
        clearTimeout(timer)
        notice = () => {}
        resolve(answer)
      }
      const timer = setTimeout(() => settle(false), ms)
      notice = () => {
        if (done()) settle(true)
      }
      notice()
    })
  return {
    id: () => id,
    forget: () => takers.delete(take),
    /** Resolves when the call is over and its last facts are in; with a complaint when that took too long. */
    async finished(callSid: string): Promise<string[]> {
      sid = callSid
      adopt()
      if (!(await until(() => has('call.ended'), CALL_DEADLINE_MS))) return ['the call did not end in time']
      const carrierPriced = () =>
        facts.some(({ type, data }) => type === 'usage.priced' && data.kind === 'carrier')
      const settled = await until(() => has('transcript.completed') && carrierPriced(), AFTER_END_MS)
      return settled ? [] : ['the facts after the end of the call did not all come in time']
    },
  }
}

/** A word that is cut off by a barge-in reaches the ear in part; any other damaged word is lost or mixed audio. */
function damage(heard: string, bargeIns: number): string[] {
  const words = heard.split('▯').length - 1
  return words > bargeIns ? [`${words} words reached the ear damaged: ${heard}`] : []
}

function summary(outcome: Outcome): string[] {
  const { callerTurns, assistantTurns, bargeIns, tools, responseMs, ourShareMs, greetingMs } = outcome
  const answers = responseMs.length > 0 ? `answers after ${median(responseMs)} ms (median), ` : ''
  const ours = ourShareMs.length > 0 ? `of them ours ≤ ${Math.max(...ourShareMs)} ms, ` : ''
  return [
    '',
    `  ${callerTurns} turns of the caller, ${assistantTurns} of the assistant, ${bargeIns} barge-in, tools: ${tools.join(', ') || 'none'}`,
    `  ${answers}${ours}greeting after ${greetingMs ?? '?'} ms`,
    `  ${(outcome.durationMs / 1000).toFixed(1)} s, ${dollars(outcome.microUsd)} with the carrier's minutes`,
  ]
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function readingCommand({ settings, apiKey }: Stack, id: string): string {
  const url = `http://localhost:${settings.ports.edge}/api/v1/calls/${id}/transcript?format=text`
  return `curl -H "Authorization: Bearer $(cat ${shownPath(apiKey?.file ?? 'api-key')})" "${url}"`
}
