import type { VoiceBand } from '@toritsugi/audio'
import { Waiting } from '../core/waiting.ts'
import type { Fault } from '../faults.ts'
import { Phone } from './phone.ts'
import { runScript, type Script } from './script.ts'

/** What a phone does when it is called. */
export type Answering = { afterMs: number } | 'busy' | 'never' | 'rejects'

/** A phone somebody may call. */
export type ListedPhone = {
  number: string
  answers: Answering
  /** What the person does after picking up. */
  script?: Script
  band?: VoiceBand
  listensTo?: readonly VoiceBand[]
  keepsAudio?: boolean
}

export type DialIn = {
  from: string
  to: string
  script?: Script
  band?: VoiceBand
  listensTo?: readonly VoiceBand[]
  keepsAudio?: boolean
  /** In force for this call only. */
  faults?: readonly Fault[]
}

/** Phones kept after their call for whoever wants to look. */
const KEPT = 100

/** All telephones in the world of this carrier. */
export class PhoneBook {
  readonly #listed = new Map<string, ListedPhone>()
  readonly #phones: Phone[] = []
  readonly #claimed = new Set<Phone>()
  readonly #waiting = new Waiting()
  #place: ((dial: DialIn, phone: Phone) => void) | undefined

  /** Phones of all calls so far, oldest first. */
  get all(): readonly Phone[] {
    return this.#phones
  }

  /** The carrier takes calls from phones. */
  connect(place: (dial: DialIn, phone: Phone) => void): void {
    this.#place = place
  }

  /** Calls a number of the account from a phone. */
  dialIn(dial: DialIn): Phone {
    const phone = new Phone({ ...dial, number: dial.from, peer: dial.to })
    this.#keep(phone, dial.script)
    this.#place?.(dial, phone)
    return phone
  }

  /** Puts a phone where it can be called; the same number again replaces it. */
  add(listed: ListedPhone): void {
    this.#listed.set(listed.number, listed)
  }

  remove(number: string): boolean {
    return this.#listed.delete(number)
  }

  find(number: string): ListedPhone | undefined {
    return this.#listed.get(number)
  }

  byCall(callSid: string): Phone | undefined {
    return this.#phones.find((phone) => phone.callSid === callSid)
  }

  /** The phone that a listed number's next call rings at; each call is handed out once. */
  nextCallTo(number: string, timeoutMs = 10_000): Promise<Phone> {
    return this.#waiting.for(
      `call to ${number}`,
      timeoutMs,
      () => {
        const phone = this.#phones.find(
          (other) => other.number === number && other.state !== 'dialing' && !this.#claimed.has(other),
        )
        if (phone) this.#claimed.add(phone)
        return phone
      },
      () => '',
    )
  }

  /** A phone for a call to a number (a listed one, or one that nobody has). */
  called(number: string, from: string): Phone {
    const listed = this.find(number)
    const phone = new Phone({ ...listed, number, peer: from })
    this.#keep(phone, listed?.script)
    return phone
  }

  #keep(phone: Phone, script: Script | undefined): void {
    this.#phones.push(phone)
    if (this.#phones.length > KEPT) {
      const oldest = this.#phones.findIndex(({ state }) => state === 'over')
      if (oldest >= 0) {
        for (const gone of this.#phones.splice(oldest, 1)) {
          gone.forgetAudio()
          this.#claimed.delete(gone)
        }
      }
    }
    phone.onEvent((event) => {
      if (event.type === 'ringing' || event.type === 'answered') this.#waiting.wake()
      if (event.type === 'answered' && script) void runScript(phone, script)
    })
  }
}
