import {
  type ClientEvent,
  type ConversationItem,
  dialogueItem,
  dialogueItems,
} from '@toritsugi/realtime-protocol'
import { assistantSpeech, type SpokenItem } from './assistant-speech.ts'
import { callerSigns } from './caller-signs.ts'
import type { Conversation, ConversationParts } from './conversation-ports.ts'
import { dialogueSoFar, writeDown } from './core/dialogue-record.ts'
import { wordCutter } from './core/heard-text.ts'
import type { Ask } from './core/response-queue.ts'
import { streamNow } from './core/stream-clock.ts'
import { stepTurn, type Turn, type TurnEvent } from './core/turn.ts'
import { floor } from './floor.ts'
import { interruption } from './interruption.ts'
import { modelEvents } from './model-events.ts'
import { modelTrouble } from './model-trouble.ts'
import { pressedKeys, sayExactly, sayInSense } from './phrases.ts'
import { protection } from './protection.ts'
import type { RealtimeSocket } from './realtime-socket.ts'
import { sayings } from './sayings.ts'
import { toolRunner } from './tool-runner.ts'
import { turnLog } from './turn-log.ts'
import { usageTeller } from './usage-teller.ts'

/** A response that is being made and of which nothing comes for so long: the model's socket is dead. */
const deafMs = 8000
/** No response takes so long to make. */
const longestResponseMs = 180_000
/** Every 300 ms: marks given up, silence and keys noticed. */
const ticksPerLook = 3
/** Every 600 ms: words shown as they are spoken. */
const ticksPerShow = 6

/** Holds a dialogue: the machines of the core, and what they ask for. */
export function conversation(parts: ConversationParts): Conversation {
  const { callId, epoch, plan, dialogue, clock, callerAudio, carrier, bus, facts, counts, times, log, ears } =
    parts
  let socket: RealtimeSocket | undefined
  let session = 0
  let turn: Turn = { is: 'listening' }
  let events = 0
  let ticks = 0
  let isDraining = false
  let hasTranscription = plan.transcription !== null
  let goodbye: Ask | undefined
  let modelHeardAt = 0
  const replies = new Map<string, { responseMs: number; ourShareMs: number }>()
  /** The caller's turns whose words are not written down yet. */
  const unwritten = new Map<string, { startMs: number; endMs: number | null }>()

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
  const { cutOff, truncate, cancel, stop } = interruption({
    speech,
    floor: responses,
    counts,
    session: () => session,
    send,
    nextId,
  })
  const guard = protection({ plan, floor: responses, send, nextId })
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
        const wasCut = cutOff(guard.isOn())
        if (wasCut) times.clear(performance.now() - receivedAt)
        responses.speechStarted()
        signs.spoke()
        if (guard.isOn()) guard.callerActed()
        else stepTurns({ type: 'speech.started', cut: wasCut })
        const startMs = toStreamMs(audioStartMs)
        if (hasTranscription) unwritten.set(itemId, { startMs, endMs: null })
        turns.callerStarted(itemId, startMs)
      },
      speechStopped(itemId, audioEndMs) {
        if (!guard.isOn()) stepTurns({ type: 'speech.stopped', at: performance.now() })
        const endMs = toStreamMs(audioEndMs)
        const words = unwritten.get(itemId)
        if (words !== undefined) words.endMs = endMs
        turns.callerStopped(itemId, endMs)
      },
      committed(itemId) {
        responses.committed()
        signs.stirred()
        turns.callerCommitted(itemId, streamMs(), hasTranscription)
      },
      callerWords: turns.callerWords,
      callerTranscribed(itemId, transcript, used) {
        unwritten.delete(itemId)
        usage.transcription(itemId, used)
        turns.callerTranscribed(itemId, transcript)
      },
      callerNotTranscribed(itemId) {
        unwritten.delete(itemId)
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
    if (!guard.isOn()) stop()
    createItem({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: pressedKeys(pressed) }],
    })
    if (guard.isOn()) guard.callerActed()
    else responses.want('keys', null)
  }

  /** When the caller last heard something; null while it is not their turn. */
  const theirTurnSince = (now: number): number | null =>
    !guard.isOn() && responses.isQuiet() && speech.isSilent() && !tools.isRunning()
      ? now - Math.max(0, streamNow(clock, now) - speech.lastHeardAtMs())
      : null

  const watchModel = (now: number): void => {
    const [oldest] = responses.running()
    if (oldest === undefined) return
    if (now - modelHeardAt > deafMs) ears.sessionBroken('mute', true)
    else if (now - oldest.createdAt > longestResponseMs) ears.sessionBroken('endless-response', true)
  }

  return {
    begin(next, number, { first, minimal }) {
      socket = next
      session = number
      hasTranscription = plan.transcription !== null && !minimal
      modelHeardAt = performance.now()
      // What runs is told when it is done: a call without its result would be answered twice.
      const running = tools.running()
      const soFar = dialogueSoFar(dialogue).filter(
        (item) => item.kind !== 'tool-call' || !running.includes(item.toolCallId),
      )
      for (const item of dialogueItems(soFar)) createItem(item)
      guard.renew()
      signs.stirred()
      if (goodbye !== undefined) return
      const words = first === 'greeting' ? plan.greeting : plan.phrases.bridging
      responses.wantFirst(first, words === '' ? null : sayExactly(plan, words))
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
      if (ticks % ticksPerShow === 0) turns.tick()
      if (socket === undefined || isDraining) return
      responses.tick(now)
      tools.tick(now)
      signs.tick(now, theirTurnSince(now))
      watchModel(now)
    },
    protect: guard.on,
    sayGoodbye(words) {
      guard.on()
      responses.unwanted('greeting', 'bridging', 'tools', 'keys', 'say', 'inject', 'filler', 'reprompt')
      goodbye = responses.prepare('goodbye', sayExactly(plan, words))
      responses.put(goodbye)
    },
    say(text, interruptible) {
      return new Promise((resolve) => {
        const restores = !interruptible && !guard.isOn()
        if (!interruptible) guard.on()
        const ask = responses.prepare('say', sayInSense(plan, text))
        said.add(ask.id, (heardMs) => {
          if (restores && goodbye === undefined && !isDraining) guard.off()
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
      guard.on()
    },
    queuedMs: speech.queuedMs,
    isSilent: speech.isSilent,
    isIdle: () => responses.running().length === 0,
    drain() {
      isDraining = true
      stop()
      guard.on()
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
      for (const [itemId, { startMs, endMs }] of unwritten) {
        usage.transcriptionLost(itemId, Math.max(0, (endMs ?? streamMs()) - startMs), 'never-reported')
      }
      unwritten.clear()
      socket = undefined
      return turns.close(streamMs())
    },
  }
}
