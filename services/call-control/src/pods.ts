import type { CallId, PodHeartbeat } from '@toritsugi/contracts'

export type HeldCall = PodHeartbeat['calls'][number]

export type Pods = {
  /** A pod says that it lives, what it holds, and how much room it has. */
  beat(heartbeat: PodHeartbeat): void
  /** True when some pod has a free place, or when it cannot be known. */
  hasRoom(): boolean
  /** A place was promised to this call: it counts until the call shows up in a heartbeat. */
  promise(callId: CallId): void
  /** Whether a pod holds the call; `unknown` while nothing is heard from the bus. */
  holds(callId: CallId): boolean | 'unknown'
  /** Looks for pods that fell silent; to be called twice a second or so. */
  watch(): Promise<void>
}

export type PodsDeps = {
  /** False while the bus is away: then silence means nothing. */
  isHearing(): boolean
  /** Whether the pod answers at its private address. */
  probe(url: string): Promise<boolean>
  /** The pod is gone, and with it the streams of these calls. */
  lost(calls: readonly HeldCall[], podId: string): void
  /** Milliseconds on a clock that only goes forward. */
  clock?: () => number
}

/** Pods say each second what they hold; three beats missed make a pod suspicious. */
const silentAfterMs = 3000
/** How long after we began to hear, or to hear again, silence means nothing yet. */
const settleMs = 3500
/** A promised place is free again when its call never showed up. */
const promiseMs = 10_000
const mostPods = 1000

type Pod = { beat: PodHeartbeat; heardAt: number; probing: boolean }

/** The pods of media-bridge as their heartbeats show them. */
export function createPods(deps: PodsDeps): Pods {
  const { isHearing, probe, lost, clock = () => performance.now() } = deps
  const pods = new Map<string, Pod>()
  const promised = new Map<CallId, number>()
  let hearingSince: number | null = null

  /** True once every living pod has had the time to be heard. */
  const knowsPods = (): boolean => {
    if (!isHearing()) hearingSince = null
    else hearingSince ??= clock()
    return hearingSince !== null && clock() - hearingSince >= settleMs
  }

  const fresh = (): Pod[] => [...pods.values()].filter((pod) => clock() - pod.heardAt < silentAfterMs)

  const forgetPromises = (): void => {
    for (const [callId, at] of promised) {
      if (clock() - at >= promiseMs) promised.delete(callId)
    }
  }

  const examine = async (pod: Pod): Promise<void> => {
    pod.probing = true
    const alive = await probe(pod.beat.url).catch(() => false)
    pod.probing = false
    const { podId } = pod.beat
    if (alive || pods.get(podId) !== pod || clock() - pod.heardAt < silentAfterMs) return
    pods.delete(podId)
    lost(pod.beat.calls, podId)
  }

  return {
    beat(heartbeat) {
      const known = pods.get(heartbeat.podId)
      if (known === undefined && pods.size >= mostPods) return
      for (const { callId } of heartbeat.calls) promised.delete(callId)
      if (known) {
        known.beat = heartbeat
        known.heardAt = clock()
      } else pods.set(heartbeat.podId, { beat: heartbeat, heardAt: clock(), probing: false })
    },
    hasRoom() {
      const known = knowsPods()
      const open = fresh().filter((pod) => !pod.beat.draining)
      if (!known && open.length === 0) return true
      forgetPromises()
      return open.reduce((sum, pod) => sum + pod.beat.free, 0) > promised.size
    },
    promise(callId) {
      promised.set(callId, clock())
    },
    holds(callId) {
      if ([...pods.values()].some((pod) => pod.beat.calls.some((call) => call.callId === callId))) return true
      return knowsPods() ? false : 'unknown'
    },
    async watch() {
      if (!knowsPods()) return
      const silent = [...pods.values()].filter(
        (pod) => !pod.probing && clock() - pod.heardAt >= silentAfterMs,
      )
      await Promise.all(silent.map(examine))
    },
  }
}
