import type { CallDetail, Transcript } from '@toritsugi/contracts'
import type { Stack } from './stack.ts'
import type { Outcome } from './story/verdict.ts'

const DEADLINE_MS = 10_000

/** Asks the REST API, through the edge and with the API key, whether it tells the same story; what differs, a sentence each. */
export async function checkRest(
  stack: Stack,
  callId: string | undefined,
  outcome: Outcome,
): Promise<string[]> {
  if (callId === undefined) return ['the call never appeared on the bus']
  if (stack.apiKey === null) return ['call-control made no API key']
  const at = `http://127.0.0.1:${stack.settings.ports.edge}/api/v1/calls/${callId}`
  const complaints: string[] = []
  const anonymous = await fetch(at, { signal: AbortSignal.timeout(DEADLINE_MS) })
  if (anonymous.status !== 401) complaints.push(`the REST API answers ${anonymous.status} without a key`)
  const key = stack.apiKey.text
  // What the bus has told, call-control writes down a moment later.
  const isPriced = (detail: CallDetail) => detail.cost.totalMicroUsd === outcome.microUsd
  const call = await until(isPriced, () => get<CallDetail>(at, key, complaints))
  if (call) {
    if (call.state !== 'ended') complaints.push(`the REST API says that the call is ${call.state}`)
    if (call.cost.totalMicroUsd !== outcome.microUsd) {
      complaints.push(`the REST API says ${call.cost.totalMicroUsd} micro-USD, the bus ${outcome.microUsd}`)
    }
    if (call.timeline.length === 0) complaints.push('the REST API shows no timeline')
  }
  const transcript = await get<Transcript>(`${at}/transcript`, key, complaints)
  if (transcript) {
    const said = transcript.utterances.filter(({ text }) => text !== null && text !== '').length
    const turns = outcome.callerTurns + outcome.assistantTurns
    if (said < turns) complaints.push(`the transcript has ${said} utterances for ${turns} turns`)
  }
  return complaints
}

/** Asks again for a while, until the answer is good or there is none. */
async function until<T>(
  good: (answer: T) => boolean,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = performance.now() + DEADLINE_MS
  for (;;) {
    const answer = await ask()
    if (answer === undefined || good(answer) || performance.now() > deadline) return answer
    await new Promise((wake) => setTimeout(wake, 100))
  }
}

async function get<T>(url: string, key: string, complaints: string[]): Promise<T | undefined> {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(DEADLINE_MS),
  })
  if (response.ok) return (await response.json()) as T
  complaints.push(`the REST API answers ${response.status} for ${new URL(url).pathname}`)
  return undefined
}
