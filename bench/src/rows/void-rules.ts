import { FRAME_MS } from '../generator/audio-code.ts'
import type { LoadResult } from '../generator/load-types.ts'

/** Above this share of its core the generator itself is what is measured. */
export const GENERATOR_LIMIT = 0.8
/** Above this at 100 calls, the reference is not in shape, and nothing can be held against it. */
export const REFERENCE_P99_MS = 5
export const REFERENCE_CALLS = 100
/** Others than the subject had its core for more than this share of the time. */
export const OTHERS_LIMIT = 0.05

/** Why a run cannot tell anything; none when it can. */
export function whyVoid(result: LoadResult): string[] {
  const reasons: string[] = []
  if (result.generatorCpu > GENERATOR_LIMIT) {
    reasons.push(`generator at ${Math.round(result.generatorCpu * 100)} % of its core (limit 80 %)`)
  }
  if (result.othersOnCore > OTHERS_LIMIT) {
    reasons.push(`other processes had ${Math.round(result.othersOnCore * 100)} % of the subject's core`)
  }
  return reasons
}

/** Why a run of the reference makes void what is held against it. */
export function whyReferenceVoid(result: LoadResult): string[] {
  const p99 = Math.max(result.toModelMs.p99, result.toCallerMs.p99)
  if (result.calls !== REFERENCE_CALLS || p99 <= REFERENCE_P99_MS) return []
  return [`reference p99 ${p99.toFixed(2)} ms at ${REFERENCE_CALLS} calls (limit ${REFERENCE_P99_MS} ms)`]
}

/** Silence is put in from 300 ms of absence; as long as no caller paused nearly so long, none belongs there. */
const PAUSED_MS = 200

/**
 * Units that did not come as they were sent, both directions. Marks that are missing count too, and silence (by 20
 * ms) that was put between frames that came in time.
 */
export function damageOf(result: LoadResult): number {
  const { toModel: a, toCaller: b } = result
  const units = [a, b].reduce((sum, x) => sum + x.lost + x.reordered + x.duplicated + x.altered, 0)
  const marks = Math.max(0, Math.round((1 - result.marksPerDelta) * b.sent))
  const silence = result.worstLagMs < PAUSED_MS ? Math.ceil(a.filledMs / FRAME_MS) : 0
  return units + marks + silence
}

/** CPU per relayed frame in µs. */
export const cpuPerFrameUs = (result: LoadResult): number => (result.subjectCpuMs * 1000) / result.relayed

/** The worse direction's p99 added latency, ms. */
export const worseP99Ms = (result: LoadResult): number =>
  Math.max(result.toModelMs.p99, result.toCallerMs.p99)
