import {
  type CallId,
  type DialogueItem,
  type Envelope,
  type FactData,
  type FactType,
  newId,
} from '@toritsugi/contracts'
import type { Phone } from '@toritsugi/simulators'

export type Told<Type extends FactType = FactType> = Omit<Envelope, 'type' | 'data'> & {
  type: Type
  data: FactData<Type>
}

/** One call of the stage: its phone, and what was told of it. */
export type StagedCall = {
  callId: CallId
  phone: Phone
  /** Facts of this call so far, in the order they were stored. */
  facts: Told[]
  store(fact: Told): void
  told<Type extends FactType>(type: Type): Told<Type>[]
  /** The first fact, past or future, of this type that passes the test. */
  waitForFact<Type extends FactType>(
    type: Type,
    test?: (data: FactData<Type>) => boolean,
    timeoutMs?: number,
  ): Promise<Told<Type>>
  /** What the bridge committed for the end of its streams. */
  intents: { epoch: number; what: string; reason: string }[]
  /** What the next streams of this call are told of what was said. */
  dialogue: DialogueItem[]
  /** What `/continue` answers, in turn; then it hangs up. */
  continues: ('reconnect' | 'hang-up')[]
  epoch: number
}

export function stageCall(phone: Phone): StagedCall {
  const looking = new Set<() => void>()
  const call: StagedCall = {
    callId: newId('call'),
    phone,
    facts: [],
    store(fact) {
      call.facts.push(fact)
      for (const look of looking) look()
    },
    told: (type) => call.facts.filter((fact) => fact.type === type) as never,
    waitForFact: (type, test = () => true, timeoutMs = 15_000) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = call.told(type).find(({ data }) => test(data))
          if (found === undefined) return
          clearTimeout(timer)
          looking.delete(look)
          resolve(found)
        }
        const timer = setTimeout(() => {
          looking.delete(look)
          const told = call.facts.map((fact) => fact.type).join(' ')
          reject(new Error(`${type} was not told within ${timeoutMs} ms, but: ${told}`))
        }, timeoutMs)
        looking.add(look)
        look()
      }),
    intents: [],
    dialogue: [],
    continues: [],
    epoch: 1,
  }
  return call
}
