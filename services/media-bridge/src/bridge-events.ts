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
 * is away. Bounded: when it is full the oldest fact goes, is counted and told.
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

export function factSpool(options: SpoolOptions): Spool {
  const { publish, counts, log, most } = options
  const lanes = new Map<CallId, Lane>()
  const idle = new Set<() => void>()
  let depth = 0

  const add = (callId: CallId, envelope: Envelope): void => {
    let lane = lanes.get(callId)
    if (lane === undefined) {
      lane = { waiting: [], running: false }
      lanes.set(callId, lane)
    }
    lane.waiting.push(envelope)
    depth++
    if (depth > most) dropOldest()
    if (!lane.running) void run(callId, lane)
  }

  /** The oldest fact of the call that waits longest: maps keep the order of their making. */
  const dropOldest = (): void => {
    for (const [callId, lane] of lanes) {
      // The first one may be on its way already.
      const dropped = lane.waiting.splice(lane.running ? 1 : 0, 1)[0]
      if (dropped === undefined) continue
      depth--
      counts.factsDropped++
      log.error({ callId, event: dropped.type }, 'fact dropped: the spool is full')
      return
    }
  }

  const run = async (callId: CallId, lane: Lane): Promise<void> => {
    lane.running = true
    for (let pauseMs = firstPauseMs; lane.waiting.length > 0; ) {
      const envelope = lane.waiting[0] as Envelope
      try {
        await publish(envelope)
      } catch (err) {
        const again = !(err instanceof Fault) || err.retryable
        if (again) {
          await new Promise((resolve) => setTimeout(resolve, pauseMs))
          pauseMs = Math.min(pauseMs * 2, longestPauseMs)
          continue
        }
        counts.factsDropped++
        log.error({ err, callId, event: envelope.type }, 'fact refused by the bus')
      }
      pauseMs = firstPauseMs
      lane.waiting.shift()
      depth--
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
