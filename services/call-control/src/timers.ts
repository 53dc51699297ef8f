import { CallId } from '@toritsugi/contracts'
import { z } from 'zod'
import type { Played } from './call-runner.ts'
import type { CallEvent } from './core/call.ts'

/** A deadline that is due, as its row holds it. */
export type DueTimer = { key: string; kind: string; body: unknown }

const Rescue = z.object({ callId: CallId, epoch: z.number() })
const Ending = z.object({ callId: CallId })
const Checkup = z.object({ callId: CallId, repeats: z.boolean() })

export type TimersDeps<Tx> = {
  play(tx: Tx, callId: CallId, event: CallEvent): Promise<Played | null>
  mayRescue(tx: Tx): Promise<boolean>
  markRescued(tx: Tx, callId: CallId): Promise<void>
  /** Sets the same deadline again, later. */
  postpone(tx: Tx, timer: DueTimer, dueAt: Date): Promise<void>
  isHeld(callId: CallId): boolean
  act(played: Played): void
  now?: () => Date
}

export type Timers<Tx> = {
  /** Acts on a due timer in the transaction that claimed it. */
  handle(tx: Tx, timer: DueTimer): Promise<void>
  /** Does what is left at the carrier, once that transaction is committed. */
  committed(timer: DueTimer): void
}

/** How long a rescue waits when too many calls are being rescued already, ms; spread, so that they do not crowd. */
const crowdedMs = 1000

/** The durable deadlines of calls. */
export function createTimers<Tx>(deps: TimersDeps<Tx>): Timers<Tx> {
  const { play, act, now = () => new Date() } = deps
  // By the timer itself: a transaction that is run again has claimed another one.
  const left = new WeakMap<DueTimer, Played>()

  const rescue = async (tx: Tx, timer: DueTimer): Promise<void> => {
    const { callId, epoch } = Rescue.parse(timer.body)
    if (!(await deps.mayRescue(tx))) {
      const waitMs = crowdedMs * (0.75 + Math.random() / 2)
      return deps.postpone(tx, timer, new Date(now().getTime() + waitMs))
    }
    const played = await play(tx, callId, { type: 'rescue.due', at: now().toISOString(), epoch })
    if (played === null) return
    if (played.commands.some((command) => command.do === 'redirect')) await deps.markRescued(tx, callId)
    left.set(timer, played)
  }

  const end = async (tx: Tx, timer: DueTimer): Promise<void> => {
    const { callId } = Ending.parse(timer.body)
    await play(tx, callId, { type: 'ending.due', at: now().toISOString() })
  }

  const checkUp = async (tx: Tx, timer: DueTimer): Promise<void> => {
    const { callId, repeats } = Checkup.parse(timer.body)
    const held = deps.isHeld(callId)
    const played = await play(tx, callId, { type: 'checkup.due', at: now().toISOString(), held, repeats })
    if (played !== null) left.set(timer, played)
  }

  return {
    async handle(tx, timer) {
      if (timer.kind === 'rescue') return rescue(tx, timer)
      if (timer.kind === 'checkup') return checkUp(tx, timer)
      if (timer.kind === 'ending') return end(tx, timer)
      throw new Error(`there is no deadline of kind ${timer.kind}`)
    },
    committed(timer) {
      const played = left.get(timer)
      if (played !== undefined) act(played)
    },
  }
}
