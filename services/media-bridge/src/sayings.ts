import type { SessionPlan } from '@toritsugi/contracts'
import type { Ask } from './core/response-queue.ts'
import type { Floor } from './floor.ts'
import { sayExactly, sayInSense } from './phrases.ts'
import type { Protection } from './protection.ts'

/** What we were asked to have said, until it was heard; and the goodbye, after which nothing is said. */
export type Sayings = {
  /** Resolves with the ms that were heard of it; null when it could not be said. */
  say(text: string, interruptible: boolean): Promise<number | null>
  /** The last words: nothing else is said any more, and they are heard to their end. */
  sayGoodbye(words: string): void
  isGoodbye(ask: Ask | null): boolean
  saysGoodbye(): boolean
  /** Audio of an ask left for the caller. */
  begun(ask: Ask): void
  /** A piece of it was heard, or cut off. */
  heard(ask: Ask, heardMs: number): void
  /** The model has said it. */
  spoken(ask: Ask): void
  /** It will not be said. */
  dropped(ask: Ask): void
  close(): void
}

type Saying = { settled(heardMs: number | null): void; heardMs: number; pieces: number; spoken: boolean }

export function sayings(parts: {
  plan: SessionPlan
  floor: Pick<Floor, 'prepare' | 'put' | 'unwanted'>
  guard: Protection
  isDraining(): boolean
  /** The goodbye was said, or will never be. */
  farewellSpoken(): void
}): Sayings {
  const { plan, floor, guard, isDraining, farewellSpoken } = parts
  const open = new Map<string, Saying>()
  let goodbye: Ask | undefined

  const isGoodbye = (ask: Ask | null): boolean => ask !== null && ask === goodbye
  const settle = (askId: string, saying: Saying): void => {
    open.delete(askId)
    saying.settled(saying.spoken || saying.heardMs > 0 ? saying.heardMs : null)
  }

  return {
    say(text, interruptible) {
      return new Promise((resolve) => {
        const restores = !interruptible && !guard.isOn()
        if (!interruptible) guard.on()
        const ask = floor.prepare('say', sayInSense(plan, text))
        const settled = (heardMs: number | null): void => {
          if (restores && goodbye === undefined && !isDraining()) guard.off()
          resolve(heardMs)
        }
        open.set(ask.id, { settled, heardMs: 0, pieces: 0, spoken: false })
        floor.put(ask)
      })
    },
    sayGoodbye(words) {
      guard.on()
      floor.unwanted('greeting', 'bridging', 'tools', 'keys', 'say', 'inject', 'filler', 'reprompt')
      goodbye = floor.prepare('goodbye', sayExactly(plan, words))
      floor.put(goodbye)
    },
    isGoodbye,
    saysGoodbye: () => goodbye !== undefined,
    begun(ask) {
      const saying = open.get(ask.id)
      if (saying !== undefined) saying.pieces++
    },
    heard(ask, heardMs) {
      const saying = open.get(ask.id)
      if (saying === undefined) return
      saying.heardMs += heardMs
      saying.pieces--
      if (saying.spoken && saying.pieces <= 0) settle(ask.id, saying)
    },
    spoken(ask) {
      const saying = open.get(ask.id)
      if (saying !== undefined) {
        saying.spoken = true
        if (saying.pieces <= 0) settle(ask.id, saying)
      }
      if (isGoodbye(ask)) farewellSpoken()
    },
    dropped(ask) {
      const saying = open.get(ask.id)
      if (saying !== undefined) settle(ask.id, saying)
      if (isGoodbye(ask)) farewellSpoken()
    },
    close() {
      for (const [askId, saying] of [...open]) settle(askId, saying)
    },
  }
}
