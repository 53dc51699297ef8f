import type { Bus } from '@toritsugi/bus'
import { callFamilies, type Envelope, type FactData, type FactType } from '@toritsugi/contracts'

export type LoggedFact<Type extends FactType = FactType> = Omit<Envelope, 'type' | 'data'> & {
  type: Type
  data: FactData<Type>
}

type Waiter = { test: () => unknown; resolve: (found: never) => void }

/** Everything said on the bus since the stage opened, as an integrator would see it. */
export class FactLog {
  readonly #facts: Envelope[] = []
  readonly #waiters = new Set<Waiter>()

  static async open(bus: Bus): Promise<FactLog> {
    const log = new FactLog()
    await bus.on({
      durable: 'call-scripts',
      families: callFamilies,
      handle: async (envelope) => log.#add(envelope),
    })
    return log
  }

  of<Type extends FactType>(callId: string, type: Type): LoggedFact<Type>[] {
    return this.#facts.filter(
      (fact) => fact.subject === callId && fact.type === type,
    ) as unknown as LoggedFact<Type>[]
  }

  all(callId: string): readonly Envelope[] {
    return this.#facts.filter((fact) => fact.subject === callId)
  }

  /** The first fact of this type that fits, past or future; rejects after `timeoutMs` with what was said instead. */
  waitFor<Type extends FactType>(
    type: Type,
    fits: (fact: LoggedFact<Type>) => boolean,
    timeoutMs = 15_000,
  ): Promise<LoggedFact<Type>> {
    const test = (): LoggedFact<Type> | undefined =>
      this.#facts.find(
        (fact) => fact.type === type && fits(fact as unknown as LoggedFact<Type>),
      ) as unknown as LoggedFact<Type> | undefined
    const found = test()
    if (found) return Promise.resolve(found)
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiters.delete(waiter)
        const said = this.#facts.map((fact) => `  ${fact.source} ${fact.type} ${JSON.stringify(fact.data)}`)
        reject(
          new Error(`There was no such ${type} within ${timeoutMs} ms. Said so far:\n${said.join('\n')}`),
        )
      }, timeoutMs)
      const waiter: Waiter = {
        test,
        resolve: (fact: LoggedFact<Type>) => {
          clearTimeout(deadline)
          resolve(fact)
        },
      }
      this.#waiters.add(waiter)
    })
  }

  #add(envelope: Envelope): void {
    this.#facts.push(envelope)
    for (const waiter of this.#waiters) {
      const found = waiter.test()
      if (found === undefined) continue
      this.#waiters.delete(waiter)
      waiter.resolve(found as never)
    }
  }
}
