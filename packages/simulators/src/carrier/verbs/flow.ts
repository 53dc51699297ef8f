import { wait } from '../line/line.ts'
import { countOf, followTo, NEXT, type Verb } from './verb.ts'

/** `<Pause>`: silence. As the first verb it lets the phone ring on. */
export const pause: Verb = async (element, { call, signal, isFirst }) => {
  if (!isFirst) call.answer()
  await wait(countOf(element, 'length', 1) * 1000, signal)
  return NEXT
}

/** `<Redirect>`: another document; nothing after it runs. */
export const redirect: Verb = async (element, stage) =>
  followTo(stage, element.text, element.attributes.method)

export const hangup: Verb = async () => ({ go: 'hang-up' })

/** `<Reject>`: refuses a call that is not picked up yet; later it only ends it ("TwiML Reject"). */
export const reject: Verb = async (element, { call }) => {
  if (call.isAnswered) return { go: 'hang-up' }
  if (element.attributes.reason === 'busy') call.finish('busy', 'busy')
  else call.finish('no-answer', 'rejected')
  return { go: 'hang-up' }
}
