import { type CallId, newId, type Speaker, type TurnId } from '@toritsugi/contracts'
import { redact } from '@toritsugi/redact'
import type { Facts } from './bridge-events.ts'
import { type DialogueRecord, keepPlace, writeDown } from './core/dialogue-record.ts'
import { heardText, type SpokenText, type WordCutter } from './core/heard-text.ts'

/** The turns of a stream, told as facts and kept as dialogue. Places are ms on the stream's clock. */
export type TurnLog = {
  callerStarted(itemId: string, startMs: number): void
  callerStopped(itemId: string, endMs: number): void
  /** The caller's turn is over: its words come later, or, when nobody writes them down, never. */
  callerCommitted(itemId: string, atMs: number, wordsCome: boolean): void
  /** Some of the words, shown live. */
  callerWords(itemId: string, delta: string): void
  callerTranscribed(itemId: string, text: string): void
  callerNotTranscribed(itemId: string, because: 'transcription-failed' | 'transcription-missing'): void
  keysEntered(keys: string, startMs: number, endMs: number): void
  assistantStarted(itemId: string, startMs: number): void
  assistantSays(itemId: string, text: string): void
  assistantEnded(
    itemId: string,
    end: {
      spoken: SpokenText
      heardMs: number
      interrupted: boolean
      reply: { responseMs: number; ourShareMs: number } | null
    },
  ): void
  /** True while words of a turn that is over are on their way. */
  owesWords(): boolean
  /** The caller is speaking. */
  isCallerSpeaking(): boolean
  /** The session that was to write words down is lost. */
  sessionLost(atMs: number): void
  /** Ends what is open and gives up what is owed. @returns every turn of the stream */
  close(atMs: number): TurnId[]
  tick(): void
}

type LoggedTurn = {
  turnId: TurnId
  order: number
  by: Speaker
  itemId: string | null
  startMs: number
  endMs: number | null
  ended: boolean
  /** The caller's words have come, or never will. */
  settled: boolean
  shown: string
  isShown: boolean
}

const mostText = 20_000
const mostTurns = 5000

export function turnLog(parts: {
  callId: CallId
  epoch: number
  facts: Facts
  dialogue: DialogueRecord
  cutAtWord: WordCutter
  showPartial(partial: { turnId: TurnId; by: Speaker; text: string }): void
}): TurnLog {
  const { epoch, facts, dialogue, cutAtWord } = parts
  const ids: TurnId[] = []
  const open = new Map<string, LoggedTurn>()
  let order = 0
  let hasUnshown = false

  const start = (by: Speaker, itemId: string | null, startMs: number): LoggedTurn => {
    const turn: LoggedTurn = {
      turnId: newId('turn'),
      order: ++order,
      by,
      itemId,
      startMs: Math.max(0, Math.round(startMs)),
      endMs: null,
      ended: false,
      settled: false,
      shown: '',
      isShown: true,
    }
    if (ids.length < mostTurns) ids.push(turn.turnId)
    keepPlace(dialogue, turn.turnId)
    facts.publish('turn.started', place(turn))
    return turn
  }

  const place = (turn: LoggedTurn) => ({
    turnId: turn.turnId,
    epoch,
    order: turn.order,
    by: turn.by,
    itemId: turn.itemId,
    startMs: turn.startMs,
  })

  const plain = {
    form: 'speech',
    text: null,
    heardMs: null,
    interrupted: false,
    approximate: false,
    responseMs: null,
    ourShareMs: null,
  } as const

  const callerTurn = (itemId: string): LoggedTurn | undefined => {
    const turn = open.get(itemId)
    return turn?.by === 'caller' ? turn : undefined
  }

  const endCaller = (turn: LoggedTurn, atMs: number): void => {
    if (turn.ended) return
    turn.ended = true
    const endMs = Math.max(turn.startMs, turn.endMs ?? Math.round(atMs))
    facts.publish('turn.ended', { ...place(turn), ...plain, endMs })
    if (turn.settled && turn.itemId !== null) open.delete(turn.itemId)
  }

  const settle = (turn: LoggedTurn): void => {
    turn.settled = true
    if (turn.ended && turn.itemId !== null) open.delete(turn.itemId)
  }

  const giveUp = (turn: LoggedTurn, because: 'transcription-failed' | 'transcription-missing'): void => {
    if (turn.settled) return
    settle(turn)
    facts.publish('turn.unheard-text', { turnId: turn.turnId, epoch, because })
    writeDown(dialogue, turn.turnId, {
      kind: 'note',
      text: 'The caller said something here that was not written down.',
    })
  }

  const giveUpCaller = (atMs: number): void => {
    for (const turn of [...open.values()]) {
      if (turn.by !== 'caller') continue
      endCaller(turn, atMs)
      giveUp(turn, 'transcription-missing')
    }
  }

  return {
    callerStarted(itemId, startMs) {
      if (!open.has(itemId)) open.set(itemId, start('caller', itemId, startMs))
    },
    callerStopped(itemId, endMs) {
      const turn = callerTurn(itemId)
      if (turn !== undefined) turn.endMs = Math.round(endMs)
    },
    callerCommitted(itemId, atMs, wordsCome) {
      const turn = callerTurn(itemId)
      if (turn === undefined) return
      endCaller(turn, atMs)
      if (!wordsCome) giveUp(turn, 'transcription-missing')
    },
    callerWords(itemId, delta) {
      const turn = callerTurn(itemId)
      if (turn === undefined || turn.shown.length > mostText) return
      turn.shown += delta
      turn.isShown = false
      hasUnshown = true
    },
    callerTranscribed(itemId, text) {
      const turn = callerTurn(itemId)
      if (turn === undefined || turn.settled) return
      const words = redact(text.trim()).slice(0, mostText)
      settle(turn)
      facts.publish('turn.transcribed', { turnId: turn.turnId, epoch, text: words })
      writeDown(dialogue, turn.turnId, { kind: 'caller', text: words })
    },
    callerNotTranscribed(itemId, because) {
      const turn = callerTurn(itemId)
      if (turn !== undefined) giveUp(turn, because)
    },
    keysEntered(keys, startMs, endMs) {
      const turn = start('caller', null, startMs)
      const text = redact(keys)
      facts.publish('turn.ended', {
        ...place(turn),
        ...plain,
        form: 'keys',
        text,
        endMs: Math.max(turn.startMs, Math.round(endMs)),
      })
      writeDown(dialogue, turn.turnId, { kind: 'note', text: `The caller pressed keys: ${text}` })
    },
    assistantStarted(itemId, startMs) {
      if (!open.has(itemId)) open.set(itemId, start('assistant', itemId, startMs))
    },
    assistantSays(itemId, text) {
      const turn = open.get(itemId)
      if (turn === undefined) return
      turn.shown = text
      turn.isShown = false
      hasUnshown = true
    },
    assistantEnded(itemId, { spoken, heardMs, interrupted, reply }) {
      const turn = open.get(itemId)
      if (turn === undefined || turn.by !== 'assistant') return
      open.delete(itemId)
      const heard = heardText(spoken, heardMs, cutAtWord)
      const text = redact(heard.text).slice(0, mostText)
      facts.publish('turn.ended', {
        ...place(turn),
        endMs: turn.startMs + Math.round(heardMs),
        form: 'speech',
        text,
        heardMs: Math.round(heardMs),
        interrupted,
        approximate: heard.approximate,
        responseMs: reply?.responseMs ?? null,
        ourShareMs: reply?.ourShareMs ?? null,
      })
      writeDown(dialogue, turn.turnId, { kind: 'assistant', text })
    },
    owesWords: () =>
      [...open.values()].some(({ by, ended, settled }) => by === 'caller' && ended && !settled),
    isCallerSpeaking: () => [...open.values()].some(({ by, ended }) => by === 'caller' && !ended),
    sessionLost: giveUpCaller,
    close(atMs) {
      giveUpCaller(atMs)
      return ids
    },
    tick() {
      if (!hasUnshown) return
      hasUnshown = false
      for (const turn of open.values()) {
        if (turn.isShown) continue
        turn.isShown = true
        parts.showPartial({ turnId: turn.turnId, by: turn.by, text: redact(turn.shown).slice(0, mostText) })
      }
    },
  }
}
