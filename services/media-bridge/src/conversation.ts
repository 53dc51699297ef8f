import type { Bus } from '@toritsugi/bus'
import type { CallId, DialogueItem, SessionPlan, TurnId } from '@toritsugi/contracts'
import {
  type ClientEvent,
  type ConversationItem,
  dialogueItem,
  dialogueItems,
  type Mark,
  turnDetectionOf,
} from '@toritsugi/realtime-protocol'
import type { Logger } from '@toritsugi/service-kit'
import { assistantSpeech, type LiveResponse, type SpokenItem } from './assistant-speech.ts'
import type { Facts } from './bridge-events.ts'
import type { BridgeCounts, BridgeTimes } from './bridge-metrics.ts'
import type { CallerAudio } from './caller-audio.ts'
import { callerSigns } from './caller-signs.ts'
import { type DialogueRecord, dialogueSoFar, writeDown } from './core/dialogue-record.ts'
import { wordCutter } from './core/heard-text.ts'
import type { Ask } from './core/response-queue.ts'
import type { Intent } from './core/stream.ts'
import { type StreamClock, streamNow } from './core/stream-clock.ts'
import { stepTurn, type Turn, type TurnEvent } from './core/turn.ts'
import { floor } from './floor.ts'
import { modelEvents } from './model-events.ts'
import { modelTrouble } from './model-trouble.ts'
import { pressedKeys, sayExactly, sayInSense } from './phrases.ts'
import type { RealtimeSocket } from './realtime-socket.ts'
import { sayings } from './sayings.ts'
import { toolRunner } from './tool-runner.ts'
import { turnLog } from './turn-log.ts'
import { usageTeller } from './usage-teller.ts'

/** What a conversation asks of the stream it is held on. */
export type ConversationEars = {
  /** The first audio of the greeting left. @param modelMs the model's own part */
  greetingStarted(modelMs: number): void
  /** The assistant ends the call: after these words, or after what was said already. */
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
  /** Everything that was sent has been heard. */
  isSilent(): boolean
  /** Nothing is being said by the model. */
  isIdle(): boolean
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

/** A response that is being made and of which nothing comes for so long: the model's socket is dead. */
const deafMs = 8000
/** Every 300 ms: marks given up, words shown, silence and keys noticed. */
const ticksPerLook = 3

export function conversation(parts: ConversationParts): Conversation {
  const { callId, epoch, plan, dialogue, clock, callerAudio, carrier, bus, facts, counts, times, log, ears } =
    parts
  let socket: RealtimeSocket | undefined
  let session = 0
  let turn: Turn = { is: 'listening' }
  let events = 0
  let ticks = 0
  let isProtected = false
  let isDraining = false
  /** The caller spoke while nobody was to answer: an answer is due when protection ends. */
  let owesAnswer = false
  let goodbye: Ask | undefined
  let modelHeardAt = 0
  const replies = new Map<string, { responseMs: number; ourShareMs: number }>()
  const speakingSince = new Map<string, number>()

  const send = (event: ClientEvent): void => socket?.send(event)
  const nextId = (what: string): string => `${what}-${session}-${++events}`
  const createItem = (item: ConversationItem): void =>
    send({ type: 'conversation.item.create', event_id: nextId('item'), item })
  const streamMs = (): number => streamNow(clock, performance.now())
  /** Stream ms of a place in the audio that this session was given. */
  const toStreamMs = (sessionMs: number): number =>
    Math.max(0, streamMs() - Math.max(0, callerAudio.sessionMs() - sessionMs))

  const said = sayings()
  const turns = turnLog({
    callId,
    epoch,
    facts,
    dialogue,
    cutAtWord: wordCutter(plan.language),
    showPartial: (partial) => void bus.publishLive([callId, 'partial'], partial),
  })
  const usage = usageTeller({ epoch, plan, facts })
  const responses = floor({
    send,
    callerMs: () => callerAudio.totalMs(),
    session: () => session,
    ears: {
      asked: () => void stepTurns({ type: 'asked', at: performance.now() }),
      dropped(ask, because) {
        log.debug({ purpose: ask.purpose, because }, 'response not asked for')
        said.dropped(ask.id)
        if (ask === goodbye) ears.farewellSpoken()
      },
      stalled: () => ears.sessionBroken('no-response-created', true),
    },
  })
  const speech = assistantSpeech({
    clock,
    counts,
    carrier,
    responseOf: responses.response,
    ears: {
      begun,
      heard: (item, heardMs) => told(item, heardMs, false),
      cut: (item, heardMs) => told(item, heardMs, true),
    },
  })
  const tools = toolRunner({
    callId,
    epoch,
    plan,
    bus,
    facts,
    dialogue,
    ears: {
      result(call, output, askedIn) {
        // A session that was opened meanwhile was not told of this call.
        if (askedIn !== session) {
          const { callId: toolCallId, name, arguments: given } = call
          createItem(dialogueItem({ kind: 'tool-call', toolCallId, name, arguments: given }))
        }
        createItem(dialogueItem({ kind: 'tool-result', toolCallId: call.callId, output }))
      },
      allIn(responseId, next) {
        responses.unwanted('filler')
        if (next.what === 'talk-on') {
          if (!isDraining) responses.want('tools', null)
          return
        }
        const spoke = responses.response(responseId)?.spoke ?? false
        ears.endWanted(
          { what: 'end', reason: 'assistant-ended' },
          spoke ? 'said' : { words: next.farewell ?? plan.phrases.goodbye },
        )
      },
      slow() {
        const { filler } = plan.phrases
        if (!isDraining && filler !== '') responses.want('filler', sayExactly(plan, filler))
      },
    },
  })
  const signs = callerSigns(plan, {
    keysEntered,
    reprompt: () => void responses.want('reprompt', sayExactly(plan, plan.phrases.reprompt)),
    giveUp: () => ears.endWanted({ what: 'end', reason: 'caller-silent' }, { words: plan.phrases.goodbye }),
  })
  const trouble = modelTrouble({
    floor: responses,
    counts,
    log,
    isDraining: () => isDraining,
    isGoodbye: (ask) => ask === goodbye,
    sessionBroken: ears.sessionBroken,
  })

  function stepTurns(event: TurnEvent): { responseMs: number; ourShareMs: number } | undefined {
    const { state, commands } = stepTurn(turn, event)
    turn = state
    return commands[0]
  }

  // ---- what the caller hears ---------------------------------------------------------------------------------

  function begun(item: SpokenItem, startMs: number, receivedAt: number): void {
    const reply = stepTurns({ type: 'first-audio', at: performance.now(), receivedAt })
    if (reply !== undefined) {
      replies.set(item.itemId, { responseMs: reply.responseMs, ourShareMs: reply.ourShareMs })
      times.response(reply.responseMs, reply.ourShareMs)
    }
    const { ask, askedAt } = item.response
    if (ask?.purpose === 'greeting') ears.greetingStarted(Math.max(0, Math.round(receivedAt - askedAt)))
    if (ask !== null) said.begun(ask.id)
    turns.assistantStarted(item.itemId, startMs)
    turns.assistantSays(item.itemId, item.spoken.text)
  }

  function told(item: SpokenItem, heardMs: number, interrupted: boolean): void {
    const reply = replies.get(item.itemId) ?? null
    replies.delete(item.itemId)
    turns.assistantEnded(item.itemId, { spoken: item.spoken, heardMs, interrupted, reply })
    if (speech.isSilent()) stepTurns({ type: 'silent' })
    if (item.response.ask !== null) said.heard(item.response.ask.id, heardMs)
  }

  /** Throws away what the caller has not heard, here and at the model. The carrier's `clear` goes out first. */
  const cutOff = (isKept: boolean): boolean => {
    const cut = speech.cut(isKept)
    if (cut.clear) counts.clears++
    if (isKept) return false
    for (const response of responses.running()) response.cancelled = true
    for (const { itemId, audioEndMs } of cut.truncate) truncate(itemId, audioEndMs)
    speech.tellCut(cut.items)
    return cut.clear
  }

  /** Items of a lost session are unknown to this one. */
  const truncate = (itemId: string, audioEndMs: number): void => {
    if (speech.item(itemId)?.response.session !== session) return
    counts.truncates++
    send({
      type: 'conversation.item.truncate',
      event_id: nextId('truncate'),
      item_id: itemId,
      content_index: 0,
      audio_end_ms: audioEndMs,
    })
  }

  const cancel = (response: LiveResponse): void => {
    response.cancelled = true
    send({ type: 'response.cancel', event_id: nextId('cancel'), response_id: response.id })
  }

  // ---- what the model says -----------------------------------------------------------------------------------

  const take = modelEvents(
    {
      audio: speech.delta,
      words(responseId, itemId, delta) {
        const item = speech.words(responseId, itemId, delta)
        if (item !== undefined) turns.assistantSays(itemId, item.spoken.text)
      },
      wordsDone: speech.wordsDone,
      audioDone: speech.audioDone,
      speechStarted(itemId, audioStartMs) {
        const receivedAt = performance.now()
        const wasCut = cutOff(isProtected)
        if (wasCut) times.clear(performance.now() - receivedAt)
        responses.speechStarted()
        signs.spoke()
        if (isProtected) owesAnswer = true
        else stepTurns({ type: 'speech.started', cut: wasCut })
        const startMs = toStreamMs(audioStartMs)
        speakingSince.set(itemId, startMs)
        turns.callerStarted(itemId, startMs)
      },
      speechStopped(itemId, audioEndMs) {
        if (!isProtected) stepTurns({ type: 'speech.stopped', at: performance.now() })
        turns.callerStopped(itemId, toStreamMs(audioEndMs))
      },
      committed(itemId) {
        responses.committed()
        signs.stirred()
        turns.callerCommitted(itemId, streamMs(), plan.transcription !== null)
      },
      callerWords: turns.callerWords,
      callerTranscribed(itemId, transcript, used) {
        speakingSince.delete(itemId)
        usage.transcription(itemId, used)
        turns.callerTranscribed(itemId, transcript)
      },
      callerNotTranscribed(itemId) {
        speakingSince.delete(itemId)
        turns.callerNotTranscribed(itemId, 'transcription-failed')
      },
      responseCreated(response) {
        const live = responses.created(response)
        // Nobody would hear it.
        if (isDraining) cancel(live)
      },
      responseDone(response) {
        const live = responses.response(response.id)
        const ask = live?.ask ?? null
        usage.response(response, live)
        if (live !== undefined) {
          // Late audio of a cancelled response: made, never sent, so nobody heard it.
          for (const itemId of speech.unsent(live)) truncate(itemId, 0)
          speech.responseDone(live)
          if (!live.spoke) stepTurns({ type: 'model.yielded', at: performance.now() })
        }
        const calls = response.output.flatMap(({ call }) => call ?? [])
        if (calls.length > 0) {
          tools.called(response.id, response.status === 'completed' && !isDraining, calls, session)
        }
        signs.stirred()
        responses.done(response)
        if (ask !== null) said.spoken(ask.id)
        if (ask !== null && ask === goodbye) ears.farewellSpoken()
        trouble.responseDone(response, ask)
      },
      error: trouble.error,
    },
    counts,
  )

  function keysEntered(pressed: string, firstAt: number): void {
    const now = performance.now()
    turns.keysEntered(pressed, streamMs() - (now - firstAt), streamMs())
    // Pressing keys cuts the assistant off as speaking does.
    if (!isProtected) {
      for (const response of responses.running()) cancel(response)
      cutOff(false)
    }
    createItem({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: pressedKeys(pressed) }],
    })
    if (isProtected) owesAnswer = true
    else responses.want('keys', null)
  }

  // ---- protection --------------------------------------------------------------------------------------------

  const answersCaller = (on: boolean): void => {
    send({
      type: 'session.update',
      event_id: nextId('vad'),
      session: { type: 'realtime', audio: { input: { turn_detection: turnDetectionOf(plan, on) } } },
    })
    responses.serverAnswers(on)
  }

  const protect = (): void => {
    if (isProtected) return
    isProtected = true
    owesAnswer = false
    answersCaller(false)
  }

  const unprotect = (): void => {
    if (!isProtected || goodbye !== undefined) return
    isProtected = false
    answersCaller(true)
    if (owesAnswer && !isDraining) responses.want('inject', null)
    owesAnswer = false
  }

  /** When the caller last heard something; null while it is not their turn. */
  const theirTurnSince = (now: number): number | null =>
    !isProtected && responses.isQuiet() && speech.isSilent() && !tools.isRunning()
      ? now - Math.max(0, streamNow(clock, now) - speech.lastHeardAtMs())
      : null

  return {
    begin(next, number, first) {
      socket = next
      session = number
      modelHeardAt = performance.now()
      // What runs is told when it is done: a call without its result would be answered twice.
      const running = tools.running()
      const soFar = dialogueSoFar(dialogue).filter(
        (item) => item.kind !== 'tool-call' || !running.includes(item.toolCallId),
      )
      for (const item of dialogueItems(soFar)) createItem(item)
      if (isProtected) answersCaller(false)
      signs.stirred()
      if (goodbye !== undefined) return
      responses.wantFirst(
        first,
        sayExactly(plan, first === 'greeting' ? plan.greeting : plan.phrases.bridging),
      )
    },
    message(bytes) {
      modelHeardAt = performance.now()
      take(bytes)
    },
    sessionLost(because) {
      socket = undefined
      for (const response of responses.newSession()) {
        usage.responseLost(response, because)
        speech.responseDone(response)
      }
      turn = { is: 'listening' }
      turns.sessionLost(streamMs())
    },
    mark: speech.mark,
    digit: signs.digit,
    tick(now) {
      // Most of what is looked after here is in no hurry, and there are many calls.
      ticks++
      if (ticks % ticksPerLook !== 0) return
      speech.tick()
      turns.tick()
      if (socket === undefined || isDraining) return
      responses.tick(now)
      tools.tick(now)
      signs.tick(now, theirTurnSince(now))
      if (now - modelHeardAt > deafMs && responses.running().length > 0) ears.sessionBroken('mute', true)
    },
    protect,
    sayGoodbye(words) {
      protect()
      responses.unwanted('greeting', 'bridging', 'tools', 'keys', 'say', 'inject', 'filler', 'reprompt')
      goodbye = responses.prepare('goodbye', sayExactly(plan, words))
      responses.put(goodbye)
    },
    say(text, interruptible) {
      return new Promise((resolve) => {
        const restores = !interruptible && !isProtected
        if (!interruptible) protect()
        const ask = responses.prepare('say', sayInSense(plan, text))
        said.add(ask.id, (heardMs) => {
          if (restores) unprotect()
          resolve(heardMs)
        })
        responses.put(ask)
      })
    },
    inject(item, respond) {
      writeDown(dialogue, nextId('injected'), item)
      createItem(dialogueItem(item))
      if (respond) responses.want('inject', null)
    },
    mute() {
      speech.mute()
      protect()
    },
    queuedMs: speech.queuedMs,
    isSilent: speech.isSilent,
    isIdle: () => responses.running().length === 0,
    drain() {
      isDraining = true
      for (const response of responses.running()) cancel(response)
      cutOff(false)
      if (!isProtected) answersCaller(false)
      callerAudio.flush()
      if (turns.isCallerSpeaking()) send({ type: 'input_audio_buffer.commit', event_id: nextId('commit') })
    },
    owes: () =>
      socket !== undefined &&
      (responses.running().length > 0 || turns.owesWords() || turns.isCallerSpeaking()),
    close() {
      said.close()
      tools.close()
      speech.tellCut(speech.cut(false).items)
      for (const response of responses.newSession()) usage.responseLost(response, 'never-reported')
      for (const [itemId, startMs] of speakingSince) {
        usage.transcriptionLost(itemId, Math.max(0, streamMs() - startMs), 'never-reported')
      }
      speakingSince.clear()
      socket = undefined
      return turns.close(streamMs())
    },
  }
}
