import { Fault, type SessionPlan } from '@toritsugi/contracts'
import type { Logger } from '@toritsugi/service-kit'
import type { Facts } from './bridge-events.ts'
import type { BridgeCounts, BridgeTimes } from './bridge-metrics.ts'
import type { Intent } from './core/stream.ts'
import type { RealtimeSocket } from './realtime-socket.ts'
import { openSession } from './session-opening.ts'
import type { SocketPool } from './socket-pool.ts'

/** What the first words of a session are. */
export type FirstWords = 'greeting' | 'bridging'

export type ModelLinkEars = {
  /** A session is configured: say the first words, then let it hear the caller. */
  ready(model: RealtimeSocket, session: number, how: { first: FirstWords; minimal: boolean }): void
  message(bytes: Buffer): void
  /** A bug of ours in handling an event. */
  broke(error: unknown): void
  /** It is lost. @returns whether another one is of use now */
  lost(): boolean
  /** There will be none: this is to be committed. */
  givenUp(intent: Intent): void
}

/** The model's side of a stream: one session at a time, opened, lost, and opened again. */
export type ModelLink = {
  connect(first: FirstWords): Promise<void>
  /** The session is of no more use. @param again another one may do */
  broken(code: string, again: boolean): void
  /** The present session, if there is one. */
  socket(): RealtimeSocket | undefined
  /** Frames that were dropped because the model did not read. */
  dropped(): number
  close(): void
}

type LiveSession = { socket: RealtimeSocket; readyAt: number; attempt: number }

/** A session that lived so long may be lost and replaced once more. */
const steadyMs = 60_000
const mostTries = 2

export function modelLink(parts: {
  epoch: number
  plan: SessionPlan
  pool: SocketPool
  sessionTimeoutMs: number
  facts: Facts
  counts: BridgeCounts
  times: BridgeTimes
  log: Logger
  ears: ModelLinkEars
}): ModelLink {
  const { epoch, plan, pool, facts, counts, times, log, ears } = parts
  let session: LiveSession | undefined
  let attempt = 0
  let isConnecting = false
  let isClosed = false
  let droppedBefore = 0

  const tellLost = (code: string, sessionId: string | null, of: number): void => {
    counts.sessionsLost++
    log.warn({ code, attempt: of, sessionId }, 'session lost')
    facts.publish('session.lost', { epoch, sessionId, code: code.slice(0, 100), attempt: of })
  }

  const connect = async (first: FirstWords): Promise<void> => {
    if (isConnecting || isClosed) return
    isConnecting = true
    const isFirst = attempt === 0
    let failure = { code: 'unknown', again: true, refused: false }
    for (let tries = 1; tries <= mostTries && failure.again; tries++) {
      attempt++
      const opened = await openOne(first)
      if (opened === 'ready' || isClosed) {
        isConnecting = false
        return
      }
      failure = opened
      tellLost(failure.code, null, attempt)
    }
    isConnecting = false
    const reason = failure.refused ? 'model-refused' : 'model-unavailable'
    ears.givenUp({ what: isFirst || !failure.again ? 'conference' : 'move', reason })
  }

  const openOne = async (
    first: FirstWords,
  ): Promise<'ready' | { code: string; again: boolean; refused: boolean }> => {
    const askedAt = performance.now()
    try {
      const { socket, warm } = await pool.take(plan.model)
      const opening = isClosed ? null : await openSession(socket, plan, parts.sessionTimeoutMs)
      if (opening !== null && opening.is === 'ready' && !isClosed) {
        const openMs = Math.round(performance.now() - askedAt)
        ready(socket, first, { warm, minimal: opening.minimal, openMs })
        return 'ready'
      }
      socket.close()
      if (opening === null || opening.is === 'ready') return { code: 'closed', again: false, refused: false }
      const again = opening.is === 'lost' && opening.again
      return { code: opening.code, again, refused: opening.is === 'refused' }
    } catch (error) {
      const fault = error instanceof Fault ? error : undefined
      if (fault === undefined) log.error({ err: error }, 'session could not be opened')
      return {
        code: fault?.detail ?? 'unknown',
        again: fault?.retryable ?? false,
        refused: fault?.code === 'model.refused',
      }
    }
  }

  const ready = (
    socket: RealtimeSocket,
    first: FirstWords,
    how: { warm: boolean; minimal: boolean; openMs: number },
  ): void => {
    session = { socket, readyAt: performance.now(), attempt }
    counts.sessionsOpened++
    times.sessionOpen(how.openMs)
    facts.publish('session.opened', {
      epoch,
      sessionId: socket.sessionId ?? 'unknown',
      model: plan.model,
      attempt,
      ...how,
      expiresAt: socket.expiresAt === null ? null : new Date(socket.expiresAt * 1000).toISOString(),
    })
    ears.ready(socket, attempt, { first, minimal: how.minimal })
    socket.listen({ message: ears.message, closed: broken, broke: ears.broke })
  }

  const broken = (code: string, again: boolean): void => {
    if (session === undefined) return
    const lost = session
    session = undefined
    droppedBefore += lost.socket.dropped()
    lost.socket.close()
    tellLost(code, lost.socket.sessionId, lost.attempt)
    if (!ears.lost() || isClosed) return
    const wasSteady = performance.now() - lost.readyAt > steadyMs
    if (!again) ears.givenUp({ what: 'conference', reason: 'model-refused' })
    else if (lost.attempt > 1 && !wasSteady) ears.givenUp({ what: 'move', reason: 'model-lost' })
    else void connect('bridging')
  }

  return {
    connect,
    broken,
    socket: () => session?.socket,
    dropped: () => droppedBefore + (session?.socket.dropped() ?? 0),
    close() {
      isClosed = true
      droppedBefore += session?.socket.dropped() ?? 0
      session?.socket.close()
      session = undefined
    },
  }
}
