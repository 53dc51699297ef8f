/** What we were asked to have said, until it was heard. */
export type Sayings = {
  /** @param settled told the ms that were heard; null when it could not be said */
  add(askId: string, settled: (heardMs: number | null) => void): void
  /** Audio of it left for the caller. */
  begun(askId: string): void
  /** A piece of it was heard, or cut off. */
  heard(askId: string, heardMs: number): void
  /** The model has said it. */
  spoken(askId: string): void
  /** It will not be said. */
  dropped(askId: string): void
  close(): void
}

type Saying = { settled(heardMs: number | null): void; heardMs: number; pieces: number; spoken: boolean }

export function sayings(): Sayings {
  const open = new Map<string, Saying>()
  const settle = (askId: string, saying: Saying): void => {
    open.delete(askId)
    saying.settled(saying.spoken || saying.heardMs > 0 ? saying.heardMs : null)
  }
  return {
    add: (askId, settled) => void open.set(askId, { settled, heardMs: 0, pieces: 0, spoken: false }),
    begun(askId) {
      const saying = open.get(askId)
      if (saying !== undefined) saying.pieces++
    },
    heard(askId, heardMs) {
      const saying = open.get(askId)
      if (saying === undefined) return
      saying.heardMs += heardMs
      saying.pieces--
      if (saying.spoken && saying.pieces <= 0) settle(askId, saying)
    },
    spoken(askId) {
      const saying = open.get(askId)
      if (saying === undefined) return
      saying.spoken = true
      if (saying.pieces <= 0) settle(askId, saying)
    },
    dropped(askId) {
      const saying = open.get(askId)
      if (saying !== undefined) settle(askId, saying)
    },
    close() {
      for (const [askId, saying] of [...open]) settle(askId, saying)
    },
  }
}
