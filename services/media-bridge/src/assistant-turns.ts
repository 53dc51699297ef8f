import type { ModelResponse } from '@toritsugi/realtime-protocol'
import type { AssistantSpeech, SpeechEars } from './assistant-speech.ts'
import type { CallerSigns } from './caller-signs.ts'
import type { Floor } from './floor.ts'
import type { Interruption } from './interruption.ts'
import type { ModelEars } from './model-events.ts'
import type { ModelTrouble } from './model-trouble.ts'
import type { PresentSession } from './present-session.ts'
import type { Sayings } from './sayings.ts'
import type { SpokenItem } from './spoken-items.ts'
import type { ToolRunner } from './tool-runner.ts'
import type { TurnLog } from './turn-log.ts'
import type { TurnTaking } from './turn-taking.ts'
import type { UsageTeller } from './usage-teller.ts'

/** What the assistant says: what follows when a response is made, begins to be heard, was heard, is done. */
export type AssistantTurns = SpeechEars &
  Pick<ModelEars, 'audio' | 'words' | 'wordsDone' | 'audioDone' | 'responseCreated' | 'responseDone'>

export function assistantTurns(parts: {
  session: PresentSession
  speech: AssistantSpeech
  log: TurnLog
  taking: TurnTaking
  floor: Floor
  said: Sayings
  signs: CallerSigns
  interruption: Interruption
  tools: ToolRunner
  usage: UsageTeller
  trouble: ModelTrouble
  isDraining(): boolean
  /** @param modelMs the model's own part */
  greetingStarted(modelMs: number): void
}): AssistantTurns {
  const {
    session,
    speech,
    log,
    taking,
    floor,
    said,
    signs,
    interruption,
    tools,
    usage,
    trouble,
    isDraining,
  } = parts

  const ended = (item: SpokenItem, heardMs: number, interrupted: boolean): void => {
    const reply = taking.takeTimes(item.itemId)
    log.assistantEnded(item.itemId, { spoken: item.spoken, heardMs, interrupted, reply })
    if (speech.isSilent()) taking.silent()
    if (item.response.ask !== null) said.heard(item.response.ask, heardMs)
  }

  return {
    audio: speech.delta,
    words(responseId, itemId, delta) {
      const item = speech.words(responseId, itemId, delta)
      if (item !== undefined) log.assistantSays(itemId, item.spoken.text)
    },
    wordsDone: speech.wordsDone,
    audioDone: speech.audioDone,
    begun(item, startMs, receivedAt) {
      taking.answered(item.itemId, receivedAt)
      const { ask, askedAt } = item.response
      if (ask?.purpose === 'greeting') parts.greetingStarted(Math.max(0, Math.round(receivedAt - askedAt)))
      if (ask !== null) said.begun(ask)
      log.assistantStarted(item.itemId, startMs)
      log.assistantSays(item.itemId, item.spoken.text)
    },
    heard: (item, heardMs) => ended(item, heardMs, false),
    cut: (item, heardMs) => ended(item, heardMs, true),
    responseCreated(response) {
      const live = floor.created(response)
      // Nobody would hear it.
      if (isDraining()) interruption.cancel(live)
    },
    responseDone(response: ModelResponse) {
      const live = floor.response(response.id)
      const ask = live?.ask ?? null
      usage.response(response, live)
      if (live !== undefined) {
        // Late audio of a cancelled response: made, never sent, so nobody heard it.
        for (const itemId of speech.unsent(live)) interruption.truncate(itemId, 0)
        speech.responseDone(live)
        if (!live.spoke) taking.yielded()
      }
      const calls = response.output.flatMap(({ call }) => call ?? [])
      if (calls.length > 0) {
        tools.called(response.id, response.status === 'completed' && !isDraining(), calls, session.number())
      }
      signs.stirred()
      floor.done(response)
      if (ask !== null) said.spoken(ask)
      trouble.responseDone(response, ask)
    },
  }
}
