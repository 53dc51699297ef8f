import { speak } from '@toritsugi/audio'
import { wait } from '../line/line.ts'
import { countOf, NEXT, type Verb } from './verb.ts'

const BETWEEN_LOOPS_MS = 300

/** `<Say>`: speaks in the assistant's voice, so that a phone understands it. `loop="0"` repeats without end. */
export const say: Verb = async (element, { call, signal }) => {
  const pcm = speak(element.text, 'assistant')
  if (pcm.length === 0) {
    call.world.debugger.warning('13520', 'Say: Invalid text', { callSid: call.sid })
    return NEXT
  }
  const loops = countOf(element, 'loop', 1) || Number.POSITIVE_INFINITY
  for (let loop = 0; loop < loops && !signal.aborted; loop += 1) {
    if (loop > 0) await wait(BETWEEN_LOOPS_MS, signal)
    await call.line.play(pcm, signal)
  }
  return NEXT
}
