import type { CallDetail, FactType, Transcript } from '@toritsugi/contracts'
import type { Phone, RealtimeSession } from '@toritsugi/simulators'
import type { LoggedFact } from './fact-log.ts'
import type { Stage } from './stage.ts'

/** One phone call, in the words of somebody who tells what happens in it. */
export class StagedCall {
  readonly phone: Phone
  readonly id: string
  readonly #stage: Stage

  constructor(stage: Stage, phone: Phone, id: string) {
    this.#stage = stage
    this.phone = phone
    this.id = id
  }

  /** The nth session (from 1) the model had for this call. Sockets kept warm for other calls do not count. */
  async session(nth = 1): Promise<RealtimeSession> {
    await this.fact('session.opened', () => this.facts('session.opened').length >= nth)
    const id = this.facts('session.opened')[nth - 1]?.data.sessionId
    const session = this.#stage.model.sessions.find((known) => known.id === id)
    if (!session) throw new Error(`The model has no session ${id}`)
    return session
  }

  /** The caller's ear gets words like these, after what was waited for before. */
  assistantSays(words: RegExp, timeoutMs = 15_000): ReturnType<Phone['waitToHear']> {
    return this.phone.waitToHear(words, { band: 'assistant', timeoutMs })
  }

  /** The caller speaks; resolves when the last word was said. */
  callerSays(text: string): ReturnType<Phone['say']> {
    return this.phone.say(text)
  }

  /** Nothing is heard for a while: the assistant has finished. */
  assistantFinishes(silenceMs = 600): Promise<number> {
    return this.phone.waitForSilence(silenceMs)
  }

  /** The caller has been speaking for so long. For the middle of a sentence that was not waited for. */
  async callerHasSpokenFor(ms: number): Promise<void> {
    const { ms: began } = await this.phone.waitFor('speaks')
    await this.phone.waitUntil(began + ms)
  }

  /** The words are over, and there was a tone after them. */
  async callerHearsTheTone(): Promise<void> {
    const now = await this.phone.waitForSilence(500)
    const lastWord = this.phone.heard.at(-1)?.endMs ?? 0
    const lastSound = this.phone.lastSoundBefore(now) ?? 0
    if (lastSound - lastWord < 200) throw new Error('There was no tone after the words')
  }

  callerHangsUp(): void {
    this.phone.hangUp()
  }

  /** The line is dead at the caller's end. */
  lineEnds(timeoutMs = 30_000): ReturnType<Phone['waitForEnd']> {
    return this.phone.waitForEnd(timeoutMs)
  }

  fact<Type extends FactType>(
    type: Type,
    fits: (fact: LoggedFact<Type>) => boolean = () => true,
    timeoutMs?: number,
  ): Promise<LoggedFact<Type>> {
    return this.#stage.facts.waitFor(type, (fact) => fact.subject === this.id && fits(fact), timeoutMs)
  }

  facts<Type extends FactType>(type: Type): LoggedFact<Type>[] {
    return this.#stage.facts.of(this.id, type)
  }

  /** The call is over for everybody, and its transcript will not change any more. */
  async isWrittenDown(): Promise<Transcript> {
    await this.fact('call.ended')
    await this.fact('transcript.completed')
    return this.transcript()
  }

  async transcript(): Promise<Transcript> {
    const answer = await this.#stage.get(`/api/v1/calls/${this.id}/transcript`)
    if (!answer.ok) throw new Error(`No transcript: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Transcript
  }

  async detail(): Promise<CallDetail> {
    const answer = await this.#stage.get(`/api/v1/calls/${this.id}`)
    if (!answer.ok) throw new Error(`No call: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as CallDetail
  }

  /** Ends what a script left open. */
  leave(): void {
    if (this.phone.state !== 'over') this.phone.hangUp()
  }
}
