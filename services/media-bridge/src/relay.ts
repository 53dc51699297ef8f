import type { Duplex } from 'node:stream'
import { type CallId, Fault } from '@toritsugi/contracts'
import type { WebSocket } from 'ws'
import type { Facts } from './bridge-events.ts'
import type { RefusedBecause } from './bridge-metrics.ts'
import { CallerAudio } from './caller-audio.ts'
import type { CarrierStart } from './carrier-messages.ts'
import type { Conversation } from './conversation-ports.ts'
import {
  type Intent,
  type Stream,
  type StreamCommand,
  type StreamEndCause,
  type StreamEvent,
  stepStream,
} from './core/stream.ts'
import { type StreamClock, streamClock, streamNow } from './core/stream-clock.ts'
import { dueEvent, waitMs } from './core/stream-wait.ts'
import { commitIntent } from './intent.ts'
import type { ModelLink } from './model-link.ts'
import { modelSide } from './model-side.ts'
import type { Relay, RelayParts } from './relay-ports.ts'
import { type TwilioStream, twilioStream } from './twilio-stream.ts'

const probeEveryMs = 2500
/** Refusals of the plan that no other way of asking would mend. */
const hopeless: readonly string[] = ['call.stale-epoch', 'call.already-ended', 'call.not-found']

/**
 * Holds one stream from its upgrade to its end. The carrier's audio is kept from the first frame on; the model
 * hears it when its session is configured and was asked for the first words.
 * @param callId the call the address names; the token must name the same
 */
export function relay(ws: WebSocket, socket: Duplex, callId: CallId, parts: RelayParts): Relay {
  const { counts, bus } = parts
  let log = parts.log.child({ callId })
  let stream: Stream = { is: 'opening' }
  let epoch = 0
  let startedAt = 0
  let clock: StreamClock | undefined
  let audio: CallerAudio | undefined
  let talk: Conversation | undefined
  let model: ModelLink | undefined
  let facts: Facts | undefined
  let probedAt = 0
  let hasBroken = false
  let closeWith: [code: number, reason: string] = [1000, 'the stream is over']
  /** Monotonic ms at which the state we are in is not waited for any longer. */
  let deadline = Number.POSITIVE_INFINITY
  let releasing: { deadline: number; done(): void } | undefined
  const closing: (() => void)[] = []
  let framesOut = 0
  const now = (): number => performance.now()
  const isOver = (): boolean => stream.is === 'closed'

  const step = (event: StreamEvent): void => {
    const before = stream.is
    const { state, commands } = stepStream(stream, event)
    stream = state
    if (state.is !== before) log.info({ event: event.type, from: before, to: state.is }, 'stream moved')
    for (const command of commands) {
      const ms = waitMs(command, talk?.queuedMs() ?? 0)
      if (ms !== null) deadline = now() + ms
      act(command)
    }
  }

  const act = (command: StreamCommand): void => {
    switch (command.type) {
      case 'say-goodbye':
        // Whoever wants the end has the words, and has them said.
        return
      case 'watch-play-out':
        talk?.protect()
        return
      case 'commit':
        void commitIntent(bus, { callId, epoch, intent: command.intent, log }).then(() =>
          step({ type: 'intent.settled' }),
        )
        return
      case 'close-carrier':
        carrier.close(...closeWith)
        return
      case 'drain':
        talk?.drain()
        if (talk?.owes() !== true) step({ type: 'drained' })
        return
      case 'finish':
        finish(command.because)
    }
  }

  const finish = (because: StreamEndCause): void => {
    const turns = talk?.close() ?? []
    model?.close()
    facts?.publish('stream.ended', {
      epoch,
      because,
      turns,
      lengthMs: clock === undefined ? 0 : Math.round(streamNow(clock, now())),
      framesIn: audio?.framesIn() ?? 0,
      framesOut,
      framesDropped: (audio?.dropped() ?? 0) + carrier.dropped() + (model?.dropped() ?? 0),
    })
    // The carrier has said its last word; it may leave the closing to us.
    carrier.close(1000, 'the stream is over')
    releasing?.done()
    for (const done of closing.splice(0)) done()
    parts.released(self)
  }

  const refuse = (because: RefusedBecause): void => {
    counts.refused[because]++
    log.warn({ because }, 'stream refused')
    closeWith = [1008, because]
    step({ type: 'refused' })
  }

  const giveUp = (intent: Intent): void => step({ type: 'given-up', intent })

  /** A bug: this call goes on in another stream, or is ended politely; the process lives. */
  const broke = (err: unknown): void => {
    log.error({ err, in: stream.is }, 'call broke')
    if (hasBroken) {
      carrier.terminate()
      model?.close()
      return
    }
    hasBroken = true
    closeWith = [1011, 'internal error']
    if (stream.is === 'draining') step({ type: 'drained' })
    else giveUp({ what: 'move', reason: 'bridge-broke' })
  }

  const carrier: TwilioStream = twilioStream(
    ws,
    socket,
    {
      started(start) {
        clearTimeout(startTimer)
        startedAt = now()
        clock = streamClock(Math.round(startedAt))
        audio = new CallerAudio({ clock, counts, batch: parts.batch })
        void open(start, clock, audio).catch(broke)
        return audio
      },
      mark: (mark) => talk?.mark(mark),
      digit: (digit) => talk?.digit(digit),
      stopped: () => step({ type: 'carrier.stopped' }),
      closed() {
        clearTimeout(startTimer)
        step({ type: 'carrier.lost' })
      },
      broke,
    },
    counts,
  )
  const startTimer = setTimeout(() => refuse('no-start'), parts.startTimeoutMs)
  startTimer.unref()

  /** Token, plan, session: in this order, each only when the one before it is good. */
  const open = async (start: CarrierStart, at: StreamClock, caller: CallerAudio): Promise<void> => {
    const { token } = start.customParameters
    const check = await parts.tokens.check({ token, callId, callSid: start.callSid })
    if (isOver()) return
    if (!check.ok) return refuse(check.because)
    epoch = check.claims.epoch
    log = log.child({ streamId: start.streamSid, epoch })
    if (!parts.claim(self)) return refuse('stale-epoch')
    facts = parts.spool.facts(callId, epoch)
    facts.publish('stream.started', { epoch, carrierStreamId: start.streamSid, podId: parts.podId })
    const opened = await parts.plans.open({ callId, epoch, token: check.token }).catch(withoutPlan)
    if (opened === undefined || isOver()) return
    if (opened.degraded || check.degraded) log.warn('call is degraded')
    const side = modelSide({
      ...parts,
      callId,
      epoch,
      opened: opened.reply,
      clock: at,
      audio: caller,
      carrier: {
        send(source, from, to, mark) {
          framesOut++
          carrier.send(source, from, to, mark)
        },
        clear: carrier.clear,
      },
      facts,
      log,
      startedAt,
      stream: { is: () => stream.is, step, broke },
    })
    talk = side.talk
    model = side.model
    await model.connect(epoch > 1 || opened.reply.dialogue.length > 0 ? 'bridging' : 'greeting')
  }

  const withoutPlan = (err: unknown): void => {
    const code = err instanceof Fault ? err.code : 'internal.bug'
    log.error({ err, code }, 'no plan for the call')
    if (hopeless.includes(code)) refuse('stale-epoch')
    else giveUp({ what: 'conference', reason: 'no-plan' })
  }

  /** Looks whether something is due, or a release is done. */
  const watch = (at: number): void => {
    const due = dueEvent(stream, at >= deadline, talk)
    if (due !== null) step(due)
    if (releasing === undefined) return
    if (at < releasing.deadline && talk !== undefined && !(talk.isIdle() && talk.isSilent())) return
    talk?.mute()
    releasing.done()
    releasing = undefined
  }

  const self: Relay = {
    callId,
    epoch: () => epoch,
    isOver,
    tick(at) {
      if (isOver()) return
      if (at - probedAt >= probeEveryMs) {
        probedAt = at
        carrier.probe(at)
        model?.socket()?.probe(at)
      }
      audio?.tick(at)
      talk?.tick(at)
      watch(at)
    },
    supersede() {
      closeWith = [1000, 'a newer stream of this call exists']
      step({ type: 'superseded' })
    },
    stop() {
      closeWith = [1012, 'the service is stopping']
      step({ type: 'pod.stopping' })
    },
    talk: () => (stream.is === 'flowing' && model?.socket() !== undefined ? (talk ?? null) : null),
    release(timeoutMs) {
      talk?.protect()
      return new Promise((resolve) => {
        releasing = { deadline: now() + timeoutMs, done: resolve }
      })
    },
    close(what) {
      return new Promise((resolve) => {
        closing.push(resolve)
        const intent: Intent = { what, reason: 'asked-to-close', committed: true }
        if (stream.is === 'flowing') step({ type: 'end.wanted', intent, farewell: 'said' })
        else giveUp(intent)
        if (isOver()) resolve()
      })
    },
  }
  return self
}
