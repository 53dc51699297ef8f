import type { Envelope, Fact } from '@toritsugi/contracts'

/** What the demonstration call has to contain; each field is what its script provokes. */
export type Expected = {
  callerTurns: number
  assistantTurns: number
  bargeIn: boolean
  /** The tool that the script leads the model to. */
  tool: string | null
  endReasons: readonly string[]
}

/** What became of the call, in figures. */
export type Outcome = {
  callerTurns: number
  assistantTurns: number
  bargeIns: number
  tools: readonly string[]
  /** ms from the end of the caller's speech to the first audio of the answer. */
  responseMs: readonly number[]
  ourShareMs: readonly number[]
  greetingMs: number | null
  microUsd: number
  durationMs: number
}

/** Counts what happened. Repeated facts (by id) count once. */
export function outcomeOf(envelopes: readonly Envelope[]): Outcome {
  const facts = factsOf(envelopes)
  const turns = facts.flatMap((fact) => (fact.type === 'turn.ended' ? [fact.data] : []))
  const answers = turns.filter((turn) => turn.by === 'assistant')
  return {
    callerTurns: turns.length - answers.length,
    assistantTurns: answers.length,
    bargeIns: answers.filter((turn) => turn.interrupted).length,
    tools: facts.flatMap((fact) =>
      fact.type === 'tool.answered' && fact.data.outcome === 'done' ? [fact.data.name] : [],
    ),
    responseMs: answers.flatMap((turn) => (turn.responseMs === null ? [] : [turn.responseMs])),
    ourShareMs: answers.flatMap((turn) => (turn.ourShareMs === null ? [] : [turn.ourShareMs])),
    greetingMs: facts.find((fact) => fact.type === 'greeting.started')?.data.sinceStartMs ?? null,
    microUsd: Math.max(
      0,
      ...facts.map((fact) => (fact.type === 'usage.priced' ? fact.data.callMicroUsd : 0)),
    ),
    durationMs: facts.find((fact) => fact.type === 'call.ended')?.data.durationMs ?? 0,
  }
}

/** Everything about the call that was not as expected, a sentence each; empty when all is well. */
export function judge(envelopes: readonly Envelope[], expected: Expected): string[] {
  const facts = factsOf(envelopes)
  const outcome = outcomeOf(envelopes)
  const complaints: string[] = []
  const complain = (when: boolean, text: string) => {
    if (when) complaints.push(text)
  }
  const ended = facts.filter((fact) => fact.type === 'call.ended')
  complain(ended.length !== 1, `call.ended was said ${ended.length} times instead of once`)
  for (const { data } of ended) {
    complain(
      !expected.endReasons.includes(data.endReason),
      `the call ended as "${data.endReason}" instead of ${expected.endReasons.join(' or ')}`,
    )
    complain(data.blame !== 'nobody', `the blame for its end is with "${data.blame}"`)
  }
  complain(outcome.greetingMs === null, 'the greeting never began')
  complain(
    outcome.callerTurns < expected.callerTurns,
    `the caller was heard ${outcome.callerTurns} times, at least ${expected.callerTurns} were expected`,
  )
  complain(
    outcome.assistantTurns < expected.assistantTurns,
    `the assistant spoke ${outcome.assistantTurns} times, at least ${expected.assistantTurns} were expected`,
  )
  complain(expected.bargeIn && outcome.bargeIns === 0, 'nobody was interrupted, a barge-in was expected')
  complain(
    expected.tool !== null && !outcome.tools.includes(expected.tool),
    `the tool ${expected.tool} was not used with success`,
  )
  complain(outcome.microUsd <= 0, 'the call cost nothing: no usage was priced')
  for (const fact of facts) complaints.push(...complaintsAbout(fact))
  complain(!facts.some((fact) => fact.type === 'transcript.completed'), 'the transcript was not completed')
  return complaints
}

function complaintsAbout(fact: Fact): string[] {
  switch (fact.type) {
    case 'call.started':
      return fact.data.degraded ? ['the call was taken by a fallback (degraded)'] : []
    case 'session.opened':
      return fact.data.minimal ? ['the model refused the full plan'] : []
    case 'session.lost':
      return [`the model's socket was lost (${fact.data.code})`]
    case 'stream.ended':
      return [
        ...(fact.data.because === 'lost' || fact.data.because === 'refused'
          ? [`the stream ended as "${fact.data.because}"`]
          : []),
        ...(fact.data.framesDropped > 0 ? [`${fact.data.framesDropped} frames were dropped`] : []),
      ]
    case 'call.apologised':
      return [`the caller heard an apology (${fact.data.because})`]
    case 'turn.unheard-text':
      return [`the words of a turn never came (${fact.data.because})`]
    case 'transcript.completed':
      return fact.data.complete ? [] : [`${fact.data.missing.length} turns are missing in the transcript`]
    default:
      return []
  }
}

function factsOf(envelopes: readonly Envelope[]): Fact[] {
  const byId = new Map(envelopes.map((envelope) => [envelope.id as string, envelope]))
  return [...byId.values()].map(({ type, data }) => ({ type, data }) as unknown as Fact)
}
