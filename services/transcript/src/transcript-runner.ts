import type { CallId, Envelope, Fact, Transcript } from '@toritsugi/contracts'
import type { Step } from '@toritsugi/machine'
import { step, type TranscriptCommand, type TranscriptState, view } from './core/transcript.ts'

/** Where transcripts are kept. */
export type TranscriptStore = {
  /**
   * Steps the transcript of a call, one at a time per call, and saves it with what its commands ask for, all in
   * one transaction. With a message id the step is made once per message.
   * @returns the step, or null when this message was applied before
   */
  change(
    callId: CallId,
    messageId: string | null,
    decide: (state: TranscriptState) => Step<TranscriptState, TranscriptCommand>,
  ): Promise<Step<TranscriptState, TranscriptCommand> | null>
  find(callId: CallId): Promise<TranscriptState | null>
}

export type TranscriptRunner = {
  /** Takes one fact into the transcript of its call. @throws Fault when the database is away */
  applyFact(envelope: Envelope): Promise<void>
  find(callId: CallId): Promise<Transcript | null>
}

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }

/** Loads, steps and saves transcripts. */
export function createTranscriptRunner(deps: { store: TranscriptStore; log: Log }): TranscriptRunner {
  const { store, log } = deps
  return {
    async applyFact(envelope) {
      const fact = factOf(envelope)
      const callId = envelope.subject
      if (fact === null || callId === undefined) return
      let tooLate = false
      const done = await store.change(callId, envelope.id, (state) => {
        tooLate = state.completed !== null
        return step(state, fact)
      })
      if (done === null) return
      if (tooLate && isAboutWords(fact.type)) log.warn({ callId, event: fact.type }, 'fact came too late')
      if (!tooLate && done.state.completed !== null) logCompleted(log, done.state)
    },
    async find(callId) {
      const state = await store.find(callId)
      return state === null ? null : view(state)
    },
  }
}

/** One line when a transcript was completed; nothing when it was not. */
export function logCompleted(log: Log, { callId, completed }: TranscriptState): void {
  if (completed === null) return
  const { utterances, complete, missing } = completed
  log.info({ callId, utterances, complete, missing: missing.length }, 'transcript completed')
}

const isAboutWords = (type: string): boolean => type.startsWith('turn.')

type TranscriptFact = Exclude<Parameters<typeof step>[1], { type: 'lastFacts.expired' }>
const wanted: ReadonlySet<string> = new Set<TranscriptFact['type']>([
  'call.started',
  'call.ended',
  'stream.started',
  'stream.ended',
  'turn.started',
  'turn.ended',
  'turn.transcribed',
  'turn.unheard-text',
])

/** The envelope as an event of the machine; null when it is of no interest, or says another epoch than its source. */
function factOf(envelope: Envelope): TranscriptFact | null {
  if (!wanted.has(envelope.type)) return null
  // The data was checked by the channel of this type when it came off the bus.
  const fact = { type: envelope.type, data: envelope.data } as Fact
  return {
    ...fact,
    at: Date.parse(envelope.time),
    sequence: envelope.sequence,
  } as TranscriptFact
}
