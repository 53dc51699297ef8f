import { dialogueItem, dialogueItems } from '@toritsugi/realtime-protocol'
import { assistantSpeech } from './assistant-speech.ts'
import { type AssistantTurns, assistantTurns } from './assistant-turns.ts'
import { callerSigns } from './caller-signs.ts'
import { type CallerTurns, callerTurns } from './caller-turns.ts'
import type { Conversation, ConversationParts } from './conversation-ports.ts'
import { dialogueSoFar, writeDown } from './core/dialogue-record.ts'
import { wordCutter } from './core/heard-text.ts'
import { streamNow } from './core/stream-clock.ts'
import { floor } from './floor.ts'
import { interruption } from './interruption.ts'
import { modelEvents } from './model-events.ts'
import { modelTrouble } from './model-trouble.ts'
import { modelWatch } from './model-watch.ts'
import { sayExactly } from './phrases.ts'
import { presentSession } from './present-session.ts'
import { protection } from './protection.ts'
import { type Sayings, sayings } from './sayings.ts'
import { toolResults } from './tool-results.ts'
import { toolRunner } from './tool-runner.ts'
import { turnLog } from './turn-log.ts'
import { turnTaking } from './turn-taking.ts'
import { usageTeller } from './usage-teller.ts'

/** Every 300 ms: marks given up, silence and keys noticed. */
const ticksPerLook = 3
/** Every 600 ms: words shown as they are spoken. */
const ticksPerShow = 6

/** Holds a dialogue: puts its parts together. What follows from what is in `caller-turns` and `assistant-turns`. */
export function conversation(parts: ConversationParts): Conversation {
  const { callId, epoch, plan, dialogue, clock, callerAudio, bus, facts, counts, times, log, ears } = parts
  let ticks = 0
  let draining = false
  const isDraining = (): boolean => draining
  const streamMs = (): number => streamNow(clock, performance.now())

  const session = presentSession()
  const taking = turnTaking(times)
  const usage = usageTeller({ epoch, plan, facts })
  const turns = turnLog({
    callId,
    epoch,
    facts,
    dialogue,
    cutAtWord: wordCutter(plan.language),
    showPartial: (partial) => void bus.publishLive([callId, 'partial'], partial),
  })
  const responses = floor({
    session,
    callerMs: () => callerAudio.totalMs(),
    ears: {
      asked: taking.asked,
      dropped(ask, because) {
        log.debug({ purpose: ask.purpose, because }, 'response not asked for')
        said.dropped(ask)
      },
      stalled: () => ears.sessionBroken('no-response-created', true),
    },
  })
  const speech = assistantSpeech({
    clock,
    counts,
    carrier: parts.carrier,
    responseOf: responses.response,
    ears: {
      begun: (item, startMs, receivedAt) => assistant.begun(item, startMs, receivedAt),
      heard: (item, heardMs) => assistant.heard(item, heardMs),
      cut: (item, heardMs) => assistant.cut(item, heardMs),
    },
  })
  const stopper = interruption({ speech, floor: responses, counts, session })
  const guard = protection({ plan, floor: responses, session })
  const said: Sayings = sayings({
    plan,
    floor: responses,
    guard,
    isDraining,
    farewellSpoken: ears.farewellSpoken,
  })
  const results = toolResults({ plan, session, floor: responses, isDraining, endWanted: ears.endWanted })
  const tools = toolRunner({ callId, epoch, plan, bus, facts, dialogue, ears: results })
  const signs = callerSigns(plan, {
    keysEntered: (keys, firstAt) => caller.keysEntered(keys, firstAt),
    reprompt: () => void responses.want('reprompt', sayExactly(plan, plan.phrases.reprompt)),
    giveUp: () => ears.endWanted({ what: 'end', reason: 'caller-silent' }, { words: plan.phrases.goodbye }),
  })
  const { sessionBroken } = ears
  const watch = modelWatch(responses.running, sessionBroken)
  const trouble = modelTrouble({
    floor: responses,
    counts,
    log,
    isDraining,
    isGoodbye: said.isGoodbye,
    sessionBroken,
  })
  const caller: CallerTurns = callerTurns({
    plan,
    session,
    clock,
    audio: callerAudio,
    log: turns,
    taking,
    floor: responses,
    guard,
    signs,
    interruption: stopper,
    usage,
    times,
  })
  const assistant: AssistantTurns = assistantTurns({
    session,
    speech,
    log: turns,
    taking,
    floor: responses,
    said,
    signs,
    interruption: stopper,
    tools,
    usage,
    trouble,
    isDraining,
    greetingStarted: ears.greetingStarted,
  })
  const take = modelEvents({ ...caller, ...assistant, error: trouble.error }, counts)

  /** When the caller last heard something; null while it is not their turn. */
  const theirTurnSince = (now: number): number | null =>
    !guard.isOn() && responses.isQuiet() && speech.isSilent() && !tools.isRunning()
      ? now - Math.max(0, streamNow(clock, now) - speech.lastHeardAtMs())
      : null

  return {
    begin(socket, number, { first, minimal }) {
      session.begin(socket, number)
      caller.sessionBegan(minimal)
      watch.heard()
      // What runs is told when it is done: a call without its result would be answered twice.
      const running = tools.running()
      const soFar = dialogueSoFar(dialogue).filter(
        (item) => item.kind !== 'tool-call' || !running.includes(item.toolCallId),
      )
      for (const item of dialogueItems(soFar)) session.createItem(item)
      guard.renew()
      signs.stirred()
      if (said.saysGoodbye()) return
      const words = first === 'greeting' ? plan.greeting : plan.phrases.bridging
      responses.wantFirst(first, words === '' ? null : sayExactly(plan, words))
    },
    message(bytes) {
      watch.heard()
      take(bytes)
    },
    sessionLost(because) {
      session.end()
      for (const response of responses.newSession()) {
        usage.responseLost(response, because)
        speech.responseDone(response)
      }
      taking.sessionLost()
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
      if (!session.isOpen() || draining) return
      responses.tick(now)
      tools.tick(now)
      signs.tick(now, theirTurnSince(now))
      watch.tick(now)
    },
    protect: guard.on,
    sayGoodbye: said.sayGoodbye,
    say: said.say,
    inject(item, respond) {
      writeDown(dialogue, session.nextId('injected'), item)
      session.createItem(dialogueItem(item))
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
      draining = true
      stopper.stop()
      guard.on()
      callerAudio.flush()
      if (turns.isCallerSpeaking()) {
        session.send({ type: 'input_audio_buffer.commit', event_id: session.nextId('commit') })
      }
    },
    owes: () =>
      session.isOpen() && (responses.running().length > 0 || turns.owesWords() || turns.isCallerSpeaking()),
    close() {
      said.close()
      tools.close()
      speech.tellCut(speech.cut(false).items)
      for (const response of responses.newSession()) usage.responseLost(response, 'never-reported')
      caller.close()
      session.end()
      return turns.close(streamMs())
    },
  }
}
