import {
  type CallId,
  type Envelope,
  type FactData,
  type FactType,
  Fault,
  factEnvelope,
  newId,
} from '@toritsugi/contracts'
import type { Logger } from '@toritsugi/service-kit'
import type { BridgeCounts } from './bridge-metrics.ts'

/** Says the facts of one stream. Returns at once; the bus is not waited for. */
export type Facts = {
  publish<Type extends FactType>(type: Type, data: FactData<Type>): void
}

/**
 * Facts on their way to the bus, kept in memory until it has them: in order per call, tried again while the bus
 * is away. They are gathered for a moment first, so that those of many calls leave together. Bounded: when it is full the oldest fact goes, is counted and told.
 */
export type Spool = {
  facts(callId: CallId, epoch: number): Facts
  depth(): number
  /** Waits until everything is with the bus, at most so long. @returns how many facts are left */
  drain(ms: number): Promise<number>
}

export type SpoolOptions = {
  publish(envelope: Envelope): Promise<unknown>
  counts: BridgeCounts
  log: Logger
  /** The most facts kept, of all calls together. */
  most: number
}

type Lane = { waiting: Envelope[]; running: boolean }

const firstPauseMs = 50
const longestPauseMs = 2000
/** Facts of a call on their way at once. */
const mostAtOnce = 64
/** Facts of all calls leave together: one write and one answer for many, instead of a wake-up each. */
const gatherMs = 25

export function factSpool(options: SpoolOptions): Spool {
  const { publish, counts, log, most } = options
  const lanes = new Map<CallId, Lane>()
  const idle = new Set<() => void>()
  let depth = 0
  let gathering: NodeJS.Timeout | undefined

  const add = (callId: CallId, envelope: Envelope): void => {
    let lane = lanes.get(callId)
    if (lane === undefined) {
      lane = { waiting: [], running: false }
      lanes.set(callId, lane)
    }
    lane.waiting.push(envelope)
    depth++
    if (depth > most) dropOldest()
    gathering ??= setTimeout(send, gatherMs)
  }

  const send = (): void => {
    gathering = undefined
    for (const [callId, lane] of lanes) if (!lane.running) void run(callId, lane)
  }

  /** The oldest fact of the call that waits longest: maps keep the order of their making. */
  const dropOldest = (): void => {
    for (const [callId, lane] of lanes) {
      // The first ones may be on their way already.
      const dropped = lane.waiting.splice(lane.running ? mostAtOnce : 0, 1)[0]
      if (dropped === undefined) continue
      depth--
      counts.factsDropped++
      log.error({ callId, event: dropped.type }, 'fact dropped: the spool is full')
      return
    }
  }

  /**
   * Sends a call's facts in order, many at a time: the connection keeps their order. What was not taken is sent
   * again from the first such fact on; those behind it that were taken are recognised by their ids.
   */
  const run = async (callId: CallId, lane: Lane): Promise<void> => {
    lane.running = true
    for (let pauseMs = firstPauseMs; lane.waiting.length > 0; ) {
      const facts = lane.waiting.slice(0, mostAtOnce)
      const answers = await Promise.allSettled(facts.map((envelope) => publish(envelope)))
      let taken = 0
      for (const answer of answers) {
        if (answer.status === 'rejected') {
          const { reason } = answer
          if (!(reason instanceof Fault) || reason.retryable) break
          counts.factsDropped++
          log.error({ err: reason, callId, event: facts[taken]?.type }, 'fact refused by the bus')
        }
        taken++
      }
      lane.waiting.splice(0, taken)
      depth -= taken
      if (taken === facts.length) {
        pauseMs = firstPauseMs
        continue
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
    lane.running = false
    lanes.delete(callId)
    if (depth === 0) for (const wake of idle) wake()
  }

  return {
    facts(callId, epoch) {
      let sequence = 0
      const source = `/media-bridge/${epoch}`
      return {
        publish(type, data) {
          const at = new Date().toISOString()
          add(
            callId,
            factEnvelope({ id: newId('evt'), type, source, callId, at, sequence: ++sequence, data }),
          )
        },
      }
    },
    depth: () => depth,
    async drain(ms) {
      if (depth === 0) return 0
      clearTimeout(gathering)
      send()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        idle.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
      return depth
    },
  }
}
