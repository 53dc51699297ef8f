import type { SessionPlan } from '@toritsugi/contracts'
import type { BridgeTimes } from './bridge-metrics.ts'
import type { CallerAudio } from './caller-audio.ts'
import type { CallerSigns } from './caller-signs.ts'
import { type StreamClock, streamNow } from './core/stream-clock.ts'
import type { Floor } from './floor.ts'
import type { Interruption } from './interruption.ts'
import type { ModelEars } from './model-events.ts'
import { pressedKeys } from './phrases.ts'
import type { PresentSession } from './present-session.ts'
import type { Protection } from './protection.ts'
import type { TurnLog } from './turn-log.ts'
import type { TurnTaking } from './turn-taking.ts'
import type { UsageTeller } from './usage-teller.ts'

/** What the caller says, as the model hears it, and the keys they press: what follows from each. */
export type CallerTurns = Pick<
  ModelEars,
  | 'speechStarted'
  | 'speechStopped'
  | 'committed'
  | 'callerWords'
  | 'callerTranscribed'
  | 'callerNotTranscribed'
> & {
  /** @param minimal the session was configured with what a call cannot do without: nobody writes words down */
  sessionBegan(minimal: boolean): void
  /** @param firstAt when the first of them was pressed, monotonic ms */
  keysEntered(keys: string, firstAt: number): void
  /** Words that were not written down never will be. */
  close(): void
}

export function callerTurns(parts: {
  plan: SessionPlan
  session: PresentSession
  clock: StreamClock
  audio: Pick<CallerAudio, 'sessionMs'>
  log: TurnLog
  taking: TurnTaking
  floor: Floor
  guard: Protection
  signs: CallerSigns
  interruption: Interruption
  usage: UsageTeller
  times: BridgeTimes
}): CallerTurns {
  const { plan, session, clock, audio, log, taking, floor, guard, signs, interruption, usage, times } = parts
  let isTranscribed = plan.transcription !== null
  /** Turns whose words are not written down yet. */
  const unwritten = new Map<string, { startMs: number; endMs: number | null }>()

  const streamMs = (): number => streamNow(clock, performance.now())
  /** Stream ms of a place in the audio that this session was given. */
  const toStreamMs = (sessionMs: number): number =>
    Math.max(0, streamMs() - Math.max(0, audio.sessionMs() - sessionMs))

  return {
    sessionBegan(minimal) {
      isTranscribed = plan.transcription !== null && !minimal
    },
    speechStarted(itemId, audioStartMs) {
      const receivedAt = performance.now()
      const wasCut = interruption.cutOff(guard.isOn())
      if (wasCut) times.clear(performance.now() - receivedAt)
      floor.speechStarted()
      signs.spoke()
      if (guard.isOn()) guard.callerActed()
      else taking.callerBegan(wasCut)
      const startMs = toStreamMs(audioStartMs)
      if (isTranscribed) unwritten.set(itemId, { startMs, endMs: null })
      log.callerStarted(itemId, startMs)
    },
    speechStopped(itemId, audioEndMs) {
      if (!guard.isOn()) taking.callerStopped()
      const endMs = toStreamMs(audioEndMs)
      const words = unwritten.get(itemId)
      if (words !== undefined) words.endMs = endMs
      log.callerStopped(itemId, endMs)
    },
    committed(itemId) {
      floor.committed()
      signs.stirred()
      log.callerCommitted(itemId, streamMs(), isTranscribed)
    },
    callerWords: log.callerWords,
    callerTranscribed(itemId, transcript, used) {
      unwritten.delete(itemId)
      usage.transcription(itemId, used)
      log.callerTranscribed(itemId, transcript)
    },
    callerNotTranscribed(itemId) {
      unwritten.delete(itemId)
      log.callerNotTranscribed(itemId, 'transcription-failed')
    },
    keysEntered(keys, firstAt) {
      const now = performance.now()
      log.keysEntered(keys, streamMs() - (now - firstAt), streamMs())
      // Pressing keys cuts the assistant off as speaking does.
      if (!guard.isOn()) interruption.stop()
      session.createItem({
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: pressedKeys(keys) }],
      })
      if (guard.isOn()) guard.callerActed()
      else floor.want('keys', null)
    },
    close() {
      for (const [itemId, { startMs, endMs }] of unwritten) {
        usage.transcriptionLost(itemId, Math.max(0, (endMs ?? streamMs()) - startMs), 'never-reported')
      }
      unwritten.clear()
    },
  }
}
