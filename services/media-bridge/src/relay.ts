import type { Duplex } from 'node:stream'
import type { Bus } from '@toritsugi/bus'
import { type CallId, Fault, type IntentKind, intendCall, type OpenReply } from '@toritsugi/contracts'
import type { Logger } from '@toritsugi/service-kit'
import type { WebSocket } from 'ws'
import type { Facts, Spool } from './bridge-events.ts'
import type { BridgeCounts, BridgeTimes, RefusedBecause } from './bridge-metrics.ts'
import { type CallerAudio, callerAudio } from './caller-audio.ts'
import type { CarrierStart } from './carrier-messages.ts'
import { type Conversation, conversation } from './conversation.ts'
import { dialogueRecord } from './core/dialogue-record.ts'
import type { Batch } from './core/load.ts'
import { type Intent, type Stream, type StreamCommand, type StreamEvent, stepStream } from './core/stream.ts'
import { type StreamClock, streamClock, streamNow } from './core/stream-clock.ts'
import type { PlanSource } from './plan-source.ts'
import type { RealtimeSocket } from './realtime-socket.ts'
import { openSession } from './session-opening.ts'
import type { SocketPool } from './socket-pool.ts'
import type { TokenChecker } from './stream-token.ts'
import { type TwilioStream, twilioStream } from './twilio-stream.ts'

/** What every call of the pod is given. */
export type RelayParts = {
  podId: string
  bus: Pick<Bus, 'request' | 'publishLive'>
  tokens: TokenChecker
  plans: PlanSource
  pool: SocketPool
  spool: Spool
  counts: BridgeCounts
  times: BridgeTimes
  log: Logger
  startTimeoutMs: number
  sessionTimeoutMs: number
  batch(): Batch
  /** The token named this call and epoch: the pod makes room for it. @returns false when a newer one is here */
  claim(relay: Relay): boolean
  released(relay: Relay): void
}

/** One live call: the two sockets, and the machines between them. */
export type Relay = {
  readonly callId: CallId
  /** 0 until the token was read. */
  epoch(): number
  isOver(): boolean
  tick(now: number): void
  /** A newer stream of this call exists. */
  supersede(): void
  /** The pod's grace is over. */
  stop(): void
  commands: RelayCommands
}

/** What may be asked of a call over the bus. Each resolves when it is done. */
export type RelayCommands = {
  say(text: string, interruptible: boolean): Promise<number | null>
  inject: Conversation['inject'] | null
  release(timeoutMs: number): Promise<void>
  close(intent: IntentKind): Promise<void>
}

const drainMs = 3000
const marginMs = 2000
/** A goodbye that the model does not speak in this time is not waited for. */
const goodbyeMs = 12_000
/** A session that lived so long may be lost and replaced once more. */
const steadyMs = 60_000
const intendTries = 3
const probeEveryMs = 5000
type LiveSession = { socket: RealtimeSocket; readyAt: number; attempt: number }

/**
 * Holds one stream from its upgrade to its end. The carrier's audio is kept from the first frame on; the model
 * hears it when its session is configured and was asked for the first words.
 * @param pathCallId the call the address names; the token must name the same
 */
export function relay(ws: WebSocket, socket: Duplex, pathCallId: CallId, parts: RelayParts): Relay {
  const { counts, times, pool, bus } = parts
  let log = parts.log.child({ callId: pathCallId })
  let stream: Stream = { is: 'opening' }
  let epoch = 0
  let start: CarrierStart | undefined
  let startedAt = 0
  let clock: StreamClock | undefined
  let audio: CallerAudio | undefined
  let talk: Conversation | undefined
  let facts: Facts | undefined
  let opened: OpenReply | undefined
  let session: LiveSession | undefined
  let attempt = 0
  let isConnecting = false
  let carrierGone = false
  let probedAt = 0
  let closeWith: [number, string] = [1000, 'the stream is over']
  /** Monotonic ms at which the state we are in is not waited for any longer. */
  let deadline = Number.POSITIVE_INFINITY
  let releasing: { deadline: number; done(): void } | undefined
  const closing: (() => void)[] = []
  const framesBefore = { dropped: 0 }
  const frames = { in: 0, out: 0 }

  const now = (): number => performance.now()

  const step = (event: StreamEvent): void => {
    const before = stream.is
    const { state, commands } = stepStream(stream, event)
    stream = state
    if (state.is !== before)
      log.info({ event: event.type, from: before, to: state.is, epoch }, 'stream moved')
    for (const command of commands) act(command)
  }

  const act = (command: StreamCommand): void => {
    switch (command.type) {
      case 'say-goodbye':
        deadline = now() + goodbyeMs
        return
      case 'watch-play-out':
        talk?.protect()
        deadline = now() + (talk?.queuedMs() ?? 0) + marginMs
        return
      case 'commit':
        deadline = Number.POSITIVE_INFINITY
        void commit(command.intent)
        return
      case 'close-carrier':
        carrier.close(...closeWith)
        return
      case 'drain':
        deadline = now() + drainMs
        talk?.drain()
        if (talk === undefined || !talk.owes()) step({ type: 'drained' })
        return
      case 'finish':
        finish(command.because)
    }
  }

  /** Intent before close: what happens next is settled before the carrier asks. */
  const commit = async (intent: Intent): Promise<void> => {
    for (let tries = 1; intent.committed !== true && tries <= intendTries; tries++) {
      const reply = await bus.request(
        intendCall,
        { callId: pathCallId, epoch, what: intent.what, reason: intent.reason.slice(0, 100) },
        { key: `${pathCallId}:${epoch}:intend` },
      )
      if (reply.ok || !reply.retryable) {
        if (!reply.ok) log.warn({ code: reply.code, what: intent.what }, 'intent refused')
        break
      }
      log.warn({ code: reply.code, what: intent.what, attempt: tries }, 'intent not committed')
      await new Promise((resolve) => setTimeout(resolve, 200 * tries))
    }
    step({ type: 'intent.settled' })
  }

  const finish = (because: 'stop' | 'closed' | 'lost' | 'superseded' | 'refused'): void => {
    const turns = talk?.close() ?? []
    facts?.publish('stream.ended', {
      epoch,
      because,
      turns,
      lengthMs: clock === undefined ? 0 : Math.round(streamNow(clock, now())),
      framesIn: frames.in,
      framesOut: frames.out,
      framesDropped: framesBefore.dropped,
    })
    session?.socket.close()
    session = undefined
    releasing?.done()
    for (const done of closing) done()
    parts.released(self)
  }

  const refuse = (because: RefusedBecause, code: number): void => {
    counts.refused[because]++
    log.warn({ because, epoch }, 'stream refused')
    closeWith = [code, because]
    step({ type: 'refused' })
  }

  // ---- the carrier -------------------------------------------------------------------------------------------

  const carrier: TwilioStream = twilioStream(
    ws,
    socket,
    {
      started(given) {
        start = given
        startedAt = now()
        clearTimeout(startTimer)
        clock = streamClock(startedAt)
        audio = callerAudio({ clock, counts, batch: parts.batch })
        void open(given).catch((err: unknown) => {
          log.error({ err, epoch }, 'stream could not be opened')
          closeWith = [1011, 'internal error']
          step({ type: 'given-up', intent: { what: 'conference', reason: 'bridge-broke' } })
        })
      },
      frame(bytes, from, to, timestampMs) {
        frames.in++
        audio?.frame(bytes, from, to, timestampMs)
      },
      mark: (mark) => talk?.mark(mark),
      digit: (digit) => talk?.digit(digit),
      stopped: () => step({ type: 'carrier.stopped' }),
      closed() {
        clearTimeout(startTimer)
        carrierGone = true
        step({ type: 'carrier.lost' })
      },
    },
    counts,
  )
  const startTimer = setTimeout(() => refuse('no-start', 1008), parts.startTimeoutMs)
  startTimer.unref()

  const open = async (given: CarrierStart): Promise<void> => {
    const check = await parts.tokens.check({
      token: given.customParameters.token,
      callId: pathCallId,
      callSid: given.callSid,
    })
    if (isOver()) return
    if (!check.ok) return refuse(check.because, 1008)
    epoch = check.claims.epoch
    log = log.child({ streamId: given.streamSid, epoch })
    if (!parts.claim(self)) return refuse('stale-epoch', 1008)
    facts = parts.spool.facts(pathCallId, epoch)
    facts.publish('stream.started', { epoch, carrierStreamId: given.streamSid, podId: parts.podId })
    try {
      const { reply, degraded } = await parts.plans.open({ callId: pathCallId, epoch, token: check.token })
      opened = reply
      if (degraded || check.degraded) log.warn('call is degraded')
    } catch (err) {
      const code = err instanceof Fault ? err.code : 'internal.bug'
      if (isOver()) return
      if (code === 'call.stale-epoch' || code === 'call.already-ended' || code === 'call.not-found') {
        return refuse('stale-epoch', 1008)
      }
      log.error({ err, code }, 'no plan for the call')
      return step({ type: 'given-up', intent: { what: 'conference', reason: 'no-plan' } })
    }
    if (isOver() || clock === undefined || audio === undefined) return
    talk = conversation({
      callId: pathCallId,
      epoch,
      plan: opened.plan,
      dialogue: dialogueRecord(opened.dialogue),
      clock,
      callerAudio: audio,
      carrier: {
        send(source, from, to, mark) {
          frames.out++
          carrier.send(source, from, to, mark)
        },
        clear: () => carrier.clear(),
      },
      bus,
      facts,
      counts,
      times,
      log,
      ears: {
        greetingStarted(modelMs) {
          const sinceStartMs = Math.round(now() - startedAt)
          times.greeting(sinceStartMs, modelMs)
          facts?.publish('greeting.started', { epoch, sinceStartMs, modelMs })
        },
        endWanted(intent, farewell) {
          if (stream.is !== 'flowing') return
          step({ type: 'end.wanted', intent, farewell: farewell === 'said' ? 'said' : 'say' })
          if (farewell !== 'said') talk?.sayGoodbye(farewell.words)
        },
        farewellSpoken: () => step({ type: 'farewell.spoken' }),
        sessionBroken: (code, again) => sessionLost(code, again),
      },
    })
    await connectModel(epoch > 1 || opened.dialogue.length > 0 ? 'bridging' : 'greeting')
  }

  // ---- the model ---------------------------------------------------------------------------------------------

  const connectModel = async (first: 'greeting' | 'bridging'): Promise<void> => {
    if (opened === undefined || talk === undefined || isConnecting) return
    isConnecting = true
    const { plan } = opened
    const isFirst = attempt === 0
    let failure = { code: 'unknown', again: true, refused: false }
    for (let tries = 1; tries <= 2 && failure.again; tries++) {
      attempt++
      const askedAt = now()
      try {
        const { socket: model, warm } = await pool.take(plan.model)
        const opening = isOver() ? null : await openSession(model, plan, parts.sessionTimeoutMs)
        if (opening === null || isOver() || stream.is === 'committing') {
          model.close()
          isConnecting = false
          return
        }
        if (opening.is === 'ready') {
          isConnecting = false
          return sessionReady(model, { first, warm, minimal: opening.minimal, openMs: now() - askedAt })
        }
        model.close()
        failure = {
          code: opening.code,
          again: opening.is === 'lost' && opening.again,
          refused: opening.is === 'refused',
        }
      } catch (err) {
        const fault = err instanceof Fault ? err : undefined
        failure = { code: fault?.detail ?? 'unknown', again: fault?.retryable ?? false, refused: false }
      }
      counts.sessionsLost++
      log.warn({ code: failure.code, attempt }, 'session not opened')
      facts?.publish('session.lost', { epoch, sessionId: null, code: failure.code.slice(0, 100), attempt })
    }
    isConnecting = false
    const what = isFirst || !failure.again ? 'conference' : 'move'
    step({
      type: 'given-up',
      intent: { what, reason: failure.refused ? 'model-refused' : 'model-unavailable' },
    })
  }

  const sessionReady = (
    model: RealtimeSocket,
    how: { first: 'greeting' | 'bridging'; warm: boolean; minimal: boolean; openMs: number },
  ): void => {
    const { warm, minimal, first } = how
    const openMs = Math.round(how.openMs)
    session = { socket: model, readyAt: now(), attempt }
    counts.sessionsOpened++
    times.sessionOpen(openMs)
    facts?.publish('session.opened', {
      epoch,
      sessionId: model.sessionId ?? 'unknown',
      model: opened?.plan.model ?? '',
      attempt,
      warm,
      minimal,
      expiresAt: model.expiresAt === null ? null : new Date(model.expiresAt * 1000).toISOString(),
      openMs,
    })
    step({ type: 'session.ready' })
    talk?.begin(model, attempt, first)
    audio?.connect(model)
    model.listen({
      message: (bytes) => talk?.message(bytes),
      closed: (code, again) => sessionLost(code, again),
    })
  }

  const sessionLost = (code: string, again: boolean): void => {
    if (session === undefined) return
    const lost = session
    session = undefined
    lost.socket.close()
    audio?.disconnect()
    talk?.sessionLost('session-lost')
    counts.sessionsLost++
    facts?.publish('session.lost', {
      epoch,
      sessionId: lost.socket.sessionId,
      code: code.slice(0, 100),
      attempt: lost.attempt,
    })
    log.warn({ code, attempt: lost.attempt, sessionId: lost.socket.sessionId }, 'session lost')
    if (stream.is === 'draining') {
      step({ type: 'drained' })
      return
    }
    if (stream.is === 'saying-goodbye') {
      step({ type: 'farewell.spoken' })
      return
    }
    if (stream.is !== 'flowing') return
    const wasSteady = now() - lost.readyAt > steadyMs
    if (!again) step({ type: 'given-up', intent: { what: 'conference', reason: 'model-refused' } })
    else if (lost.attempt > 1 && !wasSteady) {
      step({ type: 'given-up', intent: { what: 'move', reason: 'model-lost' } })
    } else void connectModel('bridging')
  }

  // ---- what the pod asks -------------------------------------------------------------------------------------

  const isOver = (): boolean => stream.is === 'closed'

  const self: Relay = {
    callId: pathCallId,
    epoch: () => epoch,
    isOver,
    tick(at) {
      if (isOver()) return
      if (at - probedAt >= probeEveryMs) {
        probedAt = at
        if (!carrierGone) carrier.probe(at)
        session?.socket.probe(at)
      }
      if (start === undefined) return
      audio?.tick(at)
      talk?.tick(at)
      if (stream.is === 'playing-out' && (talk?.isSilent() ?? true)) step({ type: 'played-out' })
      else if (stream.is === 'draining' && talk?.owes() !== true) step({ type: 'drained' })
      if (releasing !== undefined && (at >= releasing.deadline || isReleased())) {
        const { done } = releasing
        releasing = undefined
        talk?.mute()
        done()
      }
      if (at < deadline) return
      deadline = Number.POSITIVE_INFINITY
      if (stream.is === 'saying-goodbye') step({ type: 'farewell.spoken' })
      else if (stream.is === 'playing-out') step({ type: 'played-out' })
      else if (stream.is === 'draining') step({ type: 'drained' })
    },
    supersede() {
      closeWith = [1000, 'a newer stream of this call exists']
      step({ type: 'superseded' })
    },
    stop() {
      closeWith = [1012, 'the service is stopping']
      step({ type: 'pod.stopping' })
    },
    commands: {
      say: async (text, interruptible) =>
        stream.is === 'flowing' && talk !== undefined ? talk.say(text, interruptible) : null,
      get inject() {
        return stream.is === 'flowing' && session !== undefined ? (talk?.inject ?? null) : null
      },
      release(timeoutMs) {
        talk?.protect()
        return new Promise((resolve) => {
          releasing = { deadline: now() + timeoutMs, done: resolve }
        })
      },
      close(what) {
        return new Promise((resolve) => {
          if (isOver()) return resolve()
          closing.push(resolve)
          const intent: Intent = { what, reason: 'asked-to-close', committed: true }
          if (stream.is === 'flowing') step({ type: 'end.wanted', intent, farewell: 'said' })
          else step({ type: 'given-up', intent })
        })
      },
    },
  }
  const isReleased = (): boolean => talk === undefined || (talk.isIdle() && talk.isSilent())
  return self
}
