import type { LiveResponse } from './live-response.ts'

/** Notices a model that has gone silent in the middle of something. */
export type ModelWatch = {
  /** Something came from it. */
  heard(): void
  tick(now: number): void
}

/** A response that is being made and of which nothing comes for so long: the model's socket is dead. */
const deafMs = 8000
/** No response takes so long to make. */
const longestResponseMs = 180_000

/** @param running the responses that are being made, oldest first */
export function modelWatch(
  running: () => LiveResponse[],
  sessionBroken: (code: string, again: boolean) => void,
): ModelWatch {
  let heardAt = 0
  return {
    heard() {
      heardAt = performance.now()
    },
    tick(now) {
      const [oldest] = running()
      if (oldest === undefined) return
      if (now - heardAt > deafMs) sessionBroken('mute', true)
      else if (now - oldest.createdAt > longestResponseMs) sessionBroken('endless-response', true)
    },
  }
}
