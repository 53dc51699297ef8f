import type { Envelope } from '@toritsugi/contracts'
import { layOut } from './layout.ts'
import { emptyStory, type Story, tell } from './teller.ts'

/** Shows one call after another on a terminal: finished lines, and on the last line the words as they come. */
export type LiveScreen = {
  fact(envelope: Envelope): void
  partial(partial: { by: string; text: string; turnId: string }): void
  /** A line of our own between the calls. */
  say(text: string): void
}

const KEPT_CALLS = 50

/** @param output a terminal gets colours and the words as they come; a file or pipe only finished lines */
export function createLiveScreen(
  output: NodeJS.WritableStream & { isTTY?: boolean; columns?: number },
): LiveScreen {
  const interactive = output.isTTY === true
  const stories = new Map<string, Story>()
  let shown = false
  const wipe = () => {
    if (shown) output.write('\r\u001b[2K')
    shown = false
  }
  return {
    fact(envelope) {
      const call = envelope.subject ?? ''
      const { story, lines } = tell(stories.get(call) ?? emptyStory, envelope)
      stories.delete(call)
      stories.set(call, story)
      const [oldest] = stories.keys()
      if (stories.size > KEPT_CALLS && oldest !== undefined) stories.delete(oldest)
      if (lines.length === 0) return
      wipe()
      for (const line of lines) output.write(`${layOut(line, interactive)}\n`)
    },
    partial({ by, text }) {
      if (!interactive) return
      wipe()
      // Wide characters take two columns: half the width is always enough room.
      const room = Math.max(10, Math.floor((output.columns ?? 80) / 2) - 16)
      const end = text.length > room ? `…${text.slice(-room)}` : text
      output.write(`  \u001b[90m   …     ${by.padEnd(9)}  ${end}\u001b[0m`)
      shown = true
    },
    say(text) {
      wipe()
      output.write(`${text}\n`)
    },
  }
}
