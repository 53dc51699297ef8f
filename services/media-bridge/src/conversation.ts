import type { Bus } from '@toritsugi/bus'
import type { CallId, DialogueItem, SessionPlan, TurnId } from '@toritsugi/contracts'
import {
  type ClientEvent,
  classifyError,
  dialogueItem,
  dialogueItems,
  type Mark,
  type ModelError,
  type ModelResponse,
  newDeltaScan,
  readServerEvent,
  type ServerEvent,
  scanAudioDelta,
  turnDetectionOf,
} from '@toritsugi/realtime-protocol'
import type { Logger } from '@toritsugi/service-kit'
import { type AssistantSpeech, assistantSpeech, type SpokenItem } from './assistant-speech.ts'
import type { Facts } from './bridge-events.ts'
import type { BridgeCounts, BridgeTimes } from './bridge-metrics.ts'
import type { CallerAudio } from './caller-audio.ts'
import { newSilence, stepSilence } from './core/caller-silence.ts'
import { type DialogueRecord, dialogueSoFar, writeDown } from './core/dialogue-record.ts'
import { wordCutter } from './core/heard-text.ts'
import { noKeys, stepKeys } from './core/keys.ts'
import type { Ask } from './core/response-queue.ts'
import type { Intent } from './core/stream.ts'
import { type StreamClock, streamNow } from './core/stream-clock.ts'
import { stepTurn, type Turn, type TurnEvent } from './core/turn.ts'
import { type Floor, floor } from './floor.ts'
import { sayExactly, sayInSense } from './phrases.ts'
import type { RealtimeSocket } from './realtime-socket.ts'
import { toolRunner } from './tool-runner.ts'
import { turnLog } from './turn-log.ts'
import { usageTeller } from './usage-teller.ts'

/** What a conversation asks of the stream it is held on. */
export type ConversationEars = {
  /** The first audio of the greeting left. @param modelMs the model's own part */
  greetingStarted(modelMs: number): void
  /** The assistant ends the call. */
  endWanted(intent: Intent, farewell: { words: string } | 'said'): void
  farewellSpoken(): void
  /** The session is of no more use. @param again another one may do */
  sessionBroken(code: string, again: boolean): void
}

/** One dialogue between a caller and the model, over one or more sessions. */
export type Conversation = {
  /** A configured session is ready: tells it the dialogue so far and asks for the first words. */
  begin(socket: RealtimeSocket, session: number, first: 'greeting' | 'bridging'): void
  /** One event of the model. */
  message(bytes: Buffer): void
  /** The session is lost; audio that is queued is still heard. */
  sessionLost(because: string): void
  mark(mark: Mark): void
  digit(digit: string): void
  tick(now: number): void
  /** From now on what is said is heard to its end. */
  protect(): void
  sayGoodbye(words: string): void
  /** Resolves with the ms that were heard of it; null when it could not be said. */
  say(text: string, interruptible: boolean): Promise<number | null>
  inject(item: DialogueItem, respond: boolean): void
  /** Nothing more is said. */
  mute(): void
  queuedMs(): number
  isSilent(): boolean
  isQuiet(): boolean
  /** The caller is gone: the model is asked for what it owes. */
  drain(): void
  /** True while a response or words of the caller are on their way. */
  owes(): boolean
  /** Ends every turn and gives up what is owed. @returns every turn of the stream */
  close(): TurnId[]
}

export type ConversationParts = {
  callId: CallId
  epoch: number
  plan: SessionPlan
  dialogue: DialogueRecord
  clock: StreamClock
  callerAudio: CallerAudio
  carrier: { send(source: Buffer, start: number, end: number, mark: Mark): void; clear(): void }
  bus: Pick<Bus, 'request' | 'publishLive'>
  facts: Facts
  counts: BridgeCounts
  times: BridgeTimes
  log: Logger
  ears: ConversationEars
}

/** Used for every event of every call: an event is handled before the next is looked at. */
const found = newDeltaScan()
/** Failed responses in a row after which the model is given up. */
const mostFailures = 3

export function conversation(parts: ConversationParts): Conversation {
  const { callId, epoch, plan, dialogue, clock, callerAudio, carrier, bus, facts, counts, times, log, ears } =
    parts
  let socket: RealtimeSocket | undefined
  let session = 0
  let turn: Turn = { is: 'listening' }
  let silence = newSilence()
  let keys = noKeys()
  let failures = 0
  let events = 0
  let isProtected = false
  let isDraining = false
  /** The caller spoke while nobody answered: an answer is due when protection ends. */
  let owesAnswer = false
  let quietSince = performance.now()
  let goodbye: Ask | undefined
  const askedAt = new Map<string, number>()
  const replies = new Map<string, { responseMs: number; ourShareMs: number }>()
  const sayings = new Map<
    string,
    { settle(heardMs: number | null): void; heardMs: number; items: number; done: boolean; restore: boolean }
  >()
  const callerStarts = new Map<string, number>()

  const send = (event: ClientEvent): void => socket?.send(event)
  const nextId = (what: string): string => `${what}-${session}-${++events}`
  const streamMs = (): number => streamNow(clock, performance.now())
  /** Stream ms of a place in the audio that this session was given. */
  const toStreamMs = (sessionMs: number): number =>
    Math.max(0, streamMs() - Math.max(0, callerAudio.sessionMs() - sessionMs))

  const log_ = log
  const turns = turnLog({
    callId,
    epoch,
    facts,
    dialogue,
    cutAtWord: wordCutter(plan.language),
    showPartial: (partial) => void bus.publishLive([callId, 'partial'], partial),
  })
  const usage = usageTeller({ epoch, plan, facts })
  const theFloor: Floor = floor({
    send,
    callerMs: () => callerAudio.totalMs(),
    session: () => session,
    ears: {
      asked(ask) {
        askedAt.set(ask.id, performance.now())
        stepTurns({ type: 'asked', at: performance.now() })
      },
      dropped(ask, because) {
        log_.debug({ purpose: ask.purpose, because }, 'response not asked for')
        settle(ask.id)
        if (ask === goodbye) ears.farewellSpoken()
      },
      stalled: () => ears.sessionBroken('no-response-created', true),
    },
  })
  const speech: AssistantSpeech = assistantSpeech({
    clock,
    counts,
    carrier,
    responseOf: (id) => theFloor.response(id),
    ears: { begun, heard, cut },
  })
  const tools = toolRunner({
    callId,
    epoch,
    plan,
    bus,
    facts,
    dialogue,
    ears: {
      result(call, output, asked) {
        // A session that was opened meanwhile was not told of this call.
        if (asked !== session) {
          const { callId: call_id, name, arguments: given } = call
          send({
            type: 'conversation.item.create',
            event_id: nextId('item'),
            item: { type: 'function_call', call_id, name, arguments: given },
          })
        }
        send({
          type: 'conversation.item.create',
          event_id: nextId('item'),
          item: { type: 'function_call_output', call_id: call.callId, output },
        })
      },
      allIn(responseId, next) {
        theFloor.unwanted('filler')
        if (next.what === 'talk-on') {
          if (!isDraining) theFloor.want('tools', null)
          return
        }
        const intent: Intent = { what: 'end', reason: 'assistant-ended' }
        const spoke = theFloor.response(responseId)?.spoke ?? false
        ears.endWanted(intent, spoke ? 'said' : { words: next.farewell ?? plan.phrases.goodbye })
      },
      slow() {
        if (!isDraining && plan.phrases.filler !== '') {
          theFloor.want('filler', sayExactly(plan, plan.phrases.filler))
        }
      },
    },
  })

  function stepTurns(event: TurnEvent): { responseMs: number; ourShareMs: number } | null {
    const { state, commands } = stepTurn(turn, event)
    turn = state
    return commands[0] ?? null
  }

  // ---- what the caller hears ---------------------------------------------------------------------------------

  function begun(item: SpokenItem, startMs: number, receivedAt: number): void {
    const now = performance.now()
    const reply = stepTurns({ type: 'first-audio', at: now, receivedAt })
    if (reply !== null) {
      replies.set(item.itemId, { responseMs: reply.responseMs, ourShareMs: reply.ourShareMs })
      times.response(reply.responseMs, reply.ourShareMs)
    }
    const { ask } = item.response
    if (ask?.purpose === 'greeting') {
      ears.greetingStarted(Math.max(0, Math.round(receivedAt - (askedAt.get(ask.id) ?? receivedAt))))
    }
    turns.assistantStarted(item.itemId, startMs)
    turns.assistantSays(item.itemId, item.spoken.text)
    const saying = ask === null ? undefined : sayings.get(ask.id)
    if (saying !== undefined) saying.items++
  }

  function heard(item: SpokenItem, heardMs: number): void {
    told(item, heardMs, false)
  }

  function cut(item: SpokenItem, heardMs: number): void {
    told(item, heardMs, true)
  }

  function told(item: SpokenItem, heardMs: number, interrupted: boolean): void {
    const reply = replies.get(item.itemId) ?? null
    replies.delete(item.itemId)
    turns.assistantEnded(item.itemId, { spoken: item.spoken, heardMs, interrupted, reply })
    if (speech.isSilent()) stepTurns({ type: 'silent' })
    const askId = item.response.ask?.id
    const saying = askId === undefined ? undefined : sayings.get(askId)
    if (saying === undefined || askId === undefined) return
    saying.heardMs += heardMs
    saying.items--
    if (saying.done && saying.items <= 0) settle(askId)
  }

  /** What was to be said has been heard, or will not be. */
  function settle(askId: string): void {
    const saying = sayings.get(askId)
    if (saying === undefined) return
    sayings.delete(askId)
    if (saying.restore) unprotect()
    saying.settle(saying.done || saying.heardMs > 0 ? saying.heardMs : null)
  }

  // ---- what the model says -----------------------------------------------------------------------------------

  const take = (event: ServerEvent): void => {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        speechStarted(event.itemId, event.audioStartMs)
        return
      case 'input_audio_buffer.speech_stopped':
        stepTurns({ type: 'speech.stopped', at: performance.now() })
        turns.callerStopped(event.itemId, toStreamMs(event.audioEndMs))
        return
      case 'input_audio_buffer.committed':
        theFloor.committed()
        quietSince = performance.now()
        turns.callerCommitted(event.itemId, streamMs(), plan.transcription !== null)
        return
      case 'conversation.item.input_audio_transcription.delta':
        turns.callerWords(event.itemId, event.delta)
        return
      case 'conversation.item.input_audio_transcription.completed':
        callerStarts.delete(event.itemId)
        usage.transcription(event.itemId, event.usage)
        turns.callerTranscribed(event.itemId, event.transcript)
        return
      case 'conversation.item.input_audio_transcription.failed':
        callerStarts.delete(event.itemId)
        turns.callerNotTranscribed(event.itemId, 'transcription-failed')
        return
      case 'response.created':
        theFloor.created(event.response)
        return
      case 'response.done':
        responseDone(event.response)
        return
      case 'response.output_audio_transcript.delta':
        words(event.responseId, event.itemId, event.delta)
        return
      case 'response.output_audio_transcript.done':
        speech.wordsDone(event.itemId, event.transcript)
        return
      case 'response.output_audio.done':
        speech.audioDone(event.itemId)
        return
      case 'response.output_audio.delta':
        unusualDelta(event.responseId, event.itemId, event.delta)
        return
      case 'error':
        modelError(event.error)
        return
      case 'malformed':
        counts.modelEventsMalformed++
        return
      case 'unused':
        counts.modelEventsUnused++
        return
      case 'session.created':
      case 'session.updated':
        return
    }
  }

  /** The caller speaks. What is queued goes first of all; everything else can wait. */
  const speechStarted = (itemId: string, audioStartMs: number): void => {
    const receivedAt = performance.now()
    const reply = speech.cut(isProtected)
    if (reply.clear) {
      counts.clears++
      times.clear(performance.now() - receivedAt)
    }
    if (isProtected) owesAnswer = true
    else {
      for (const response of theFloor.running()) response.cancelled = true
      truncate(reply.truncate)
    }
    theFloor.speechStarted()
    silence = stepSilence(silence, { type: 'caller.acted' }).state
    const wasHeard = reply.clear
    speech.tellCut(reply.items)
    if (!isProtected) stepTurns({ type: 'speech.started', cut: wasHeard })
    const startMs = toStreamMs(audioStartMs)
    callerStarts.set(itemId, startMs)
    turns.callerStarted(itemId, startMs)
  }

  const truncate = (cuts: readonly { itemId: string; audioEndMs: number }[]): void => {
    for (const { itemId, audioEndMs } of cuts) {
      // Items of a lost session are unknown to this one.
      if (speech.item(itemId)?.response.session !== session) continue
      counts.truncates++
      send({
        type: 'conversation.item.truncate',
        event_id: nextId('truncate'),
        item_id: itemId,
        content_index: 0,
        audio_end_ms: audioEndMs,
      })
    }
  }

  const words = (responseId: string, itemId: string, delta: string): void => {
    const item = speech.words(responseId, itemId, delta)
    if (item !== undefined) turns.assistantSays(itemId, item.spoken.text)
  }

  /** A delta written in a way the scan does not know. */
  const unusualDelta = (responseId: string, itemId: string, delta: string): void => {
    const bytes = Buffer.from(
      JSON.stringify({
        type: 'response.output_audio.delta',
        response_id: responseId,
        item_id: itemId,
        delta,
      }),
    )
    if (scanAudioDelta(bytes, found)) speech.delta(bytes, found, performance.now())
    else counts.modelEventsMalformed++
  }

  const responseDone = (response: ModelResponse): void => {
    const now = performance.now()
    const live = theFloor.response(response.id)
    const ask = live?.ask ?? null
    usage.response(response, live)
    if (live !== undefined) {
      const unsent = speech.responseDone(live)
      // Late audio of a cancelled response: made, never sent, so nobody heard it.
      truncate(unsent.map((itemId) => ({ itemId, audioEndMs: 0 })))
      if (!live.spoke) stepTurns({ type: 'model.yielded', at: now })
    }
    const calls = response.output.flatMap(({ call }) => call ?? [])
    const completed = response.status === 'completed'
    if (calls.length > 0) tools.called(response.id, completed && !isDraining, calls, session)
    quietSince = now
    theFloor.done(response)
    if (ask !== null) {
      askedAt.delete(ask.id)
      const saying = sayings.get(ask.id)
      if (saying !== undefined) {
        saying.done = true
        if (saying.items <= 0) settle(ask.id)
      }
      if (ask === goodbye) ears.farewellSpoken()
    }
    if (response.status === 'failed') responseFailed(response, ask)
    else if (completed) failures = 0
  }

  /** Silence is the worst answer: a failed response is asked for again, and then the model is given up. */
  const responseFailed = (response: ModelResponse, ask: Ask | null): void => {
    counts.modelErrors++
    failures++
    const code = response.error?.code ?? response.error?.type ?? 'unknown'
    log.warn({ responseId: response.id, code, attempt: failures }, 'response failed')
    if (isDraining || ask === goodbye) return
    const kind = response.error === null ? 'odd' : classifyError(response.error)
    if (kind === 'fatal' || failures >= mostFailures) {
      ears.sessionBroken(code, kind !== 'fatal')
      return
    }
    if (ask === null) theFloor.want('inject', null)
    else theFloor.want(ask.purpose, ask.instructions)
  }

  const modelError = (error: ModelError): void => {
    const kind = classifyError(error)
    const code = error.code ?? error.type
    if (kind === 'busy' && theFloor.refused(error.eventId, true)) return
    if (kind === 'benign') {
      log.debug({ code }, 'model refused harmlessly')
      return
    }
    counts.modelErrors++
    log.warn({ code, param: error.param, of: error.eventId }, 'model refused')
    const ofAsk = theFloor.refused(error.eventId, false)
    if (kind === 'fatal' || error.code === 'session_expired') ears.sessionBroken(code, kind !== 'fatal')
    else if (ofAsk) quietSince = performance.now()
  }

  // ---- keys, silence -----------------------------------------------------------------------------------------

  const keysEntered = (pressed: string, firstAt: number): void => {
    const now = performance.now()
    turns.keysEntered(pressed, streamNow(clock, now) - (now - firstAt), streamNow(clock, now))
    if (!isProtected) {
      // Pressing a key cuts the assistant off as speaking does.
      const reply = speech.cut(false)
      if (reply.clear) counts.clears++
      truncate(reply.truncate)
      for (const response of theFloor.running()) {
        response.cancelled = true
        send({ type: 'response.cancel', event_id: nextId('cancel'), response_id: response.id })
      }
      speech.tellCut(reply.items)
    }
    send({
      type: 'conversation.item.create',
      event_id: nextId('item'),
      item: {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: `(The caller pressed these keys on the telephone: ${pressed})` },
        ],
      },
    })
    if (isProtected) owesAnswer = true
    else theFloor.want('keys', null)
  }

  const watchSilence = (now: number): void => {
    const isTheirs =
      socket !== undefined &&
      !isProtected &&
      theFloor.isQuiet() &&
      speech.isSilent() &&
      !tools.isRunning() &&
      keys.pressed === ''
    const heardAt = now - Math.max(0, streamNow(clock, now) - speech.lastHeardAtMs())
    const step = stepSilence(silence, {
      type: 'ticked',
      at: now,
      since: isTheirs ? Math.max(heardAt, quietSince) : null,
      repromptAfterMs: plan.callerSilence.repromptAfterMs,
      mostReprompts: plan.callerSilence.reprompts,
    })
    silence = step.state
    const [command] = step.commands
    if (command?.type === 'reprompt') {
      quietSince = now
      theFloor.want('reprompt', sayExactly(plan, plan.phrases.reprompt))
    } else if (command?.type === 'give-up') {
      ears.endWanted({ what: 'end', reason: 'caller-silent' }, { words: plan.phrases.goodbye })
    }
  }

  // ---- protection --------------------------------------------------------------------------------------------

  const answersCaller = (on: boolean): void => {
    send({
      type: 'session.update',
      event_id: nextId('vad'),
      session: { type: 'realtime', audio: { input: { turn_detection: turnDetectionOf(plan, on) } } },
    })
    theFloor.serverAnswers(on)
  }

  const protect = (): void => {
    if (isProtected) return
    isProtected = true
    owesAnswer = false
    answersCaller(false)
  }

  const unprotect = (): void => {
    if (!isProtected) return
    isProtected = false
    answersCaller(true)
    if (owesAnswer && !isDraining) theFloor.want('inject', null)
    owesAnswer = false
  }

  return {
    begin(next, number, first) {
      socket = next
      session = number
      const running = tools.running()
      const soFar = dialogueSoFar(dialogue).filter(
        (item) => item.kind !== 'tool-call' || !running.includes(item.toolCallId),
      )
      for (const item of dialogueItems(soFar)) {
        send({ type: 'conversation.item.create', event_id: nextId('item'), item })
      }
      if (isProtected) answersCaller(false)
      quietSince = performance.now()
      if (goodbye === undefined) {
        const phrase = first === 'greeting' ? plan.greeting : plan.phrases.bridging
        theFloor.want(first, sayExactly(plan, phrase))
      } else theFloor.tick(performance.now())
    },
    message(bytes) {
      if (scanAudioDelta(bytes, found)) speech.delta(bytes, found, performance.now())
      else take(readServerEvent(bytes))
    },
    sessionLost(because) {
      socket = undefined
      for (const response of theFloor.newSession()) {
        usage.responseLost(response, because)
        speech.responseDone(response)
      }
      turn = { is: 'listening' }
      turns.sessionLost(streamMs())
    },
    mark: (mark) => speech.mark(mark),
    digit(digit) {
      silence = stepSilence(silence, { type: 'caller.acted' }).state
      const step = stepKeys(keys, { type: 'pressed', digit, at: performance.now() })
      keys = step.state
      for (const { keys: pressed, firstAt } of step.commands) keysEntered(pressed, firstAt)
    },
    tick(now) {
      speech.tick()
      turns.tick()
      if (socket === undefined || isDraining) return
      theFloor.tick(now)
      tools.tick(now)
      const step = stepKeys(keys, { type: 'ticked', at: now })
      keys = step.state
      for (const { keys: pressed, firstAt } of step.commands) keysEntered(pressed, firstAt)
      watchSilence(now)
    },
    protect,
    sayGoodbye(wordsToSay) {
      protect()
      theFloor.unwanted('greeting', 'bridging', 'tools', 'keys', 'say', 'inject', 'filler', 'reprompt')
      goodbye = { id: '', purpose: 'goodbye', instructions: null }
      goodbye = theFloor.want('goodbye', sayExactly(plan, wordsToSay))
    },
    say(text, interruptible) {
      return new Promise((resolve) => {
        const restore = !interruptible && !isProtected
        if (!interruptible) protect()
        const ask = theFloor.want('say', sayInSense(plan, text))
        sayings.set(ask.id, { settle: resolve, heardMs: 0, items: 0, done: false, restore })
      })
    },
    inject(item, respond) {
      writeDown(dialogue, nextId('injected'), item)
      send({ type: 'conversation.item.create', event_id: nextId('item'), item: dialogueItem(item) })
      if (respond) theFloor.want('inject', null)
    },
    mute() {
      speech.mute()
      protect()
    },
    queuedMs: () => speech.queuedMs(),
    isSilent: () => speech.isSilent(),
    isQuiet: () => theFloor.running().length === 0,
    drain() {
      isDraining = true
      const reply = speech.cut(false)
      truncate(reply.truncate)
      speech.tellCut(reply.items)
      callerAudio.flush()
      if (turns.isCallerSpeaking()) send({ type: 'input_audio_buffer.commit', event_id: nextId('commit') })
      for (const response of theFloor.running()) {
        response.cancelled = true
        send({ type: 'response.cancel', event_id: nextId('cancel'), response_id: response.id })
      }
    },
    owes: () =>
      socket !== undefined &&
      (theFloor.running().length > 0 || turns.owesWords() || turns.isCallerSpeaking()),
    close() {
      for (const askId of [...sayings.keys()]) settle(askId)
      tools.close()
      const reply = speech.cut(false)
      speech.tellCut(reply.items)
      for (const response of theFloor.newSession()) usage.responseLost(response, 'never-reported')
      const endMs = streamMs()
      for (const [itemId, startMs] of callerStarts) {
        usage.transcriptionLost(itemId, Math.max(0, endMs - startMs), 'never-reported')
      }
      callerStarts.clear()
      socket = undefined
      return turns.close(endMs)
    },
  }
}
