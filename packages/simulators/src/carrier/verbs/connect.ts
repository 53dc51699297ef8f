import { wait } from '../line/line.ts'
import { MediaStream, type StreamEnd } from '../stream/media-stream.ts'
import type { TwimlElement } from '../twiml/parse.ts'
import { followTo, NEXT, type Stage, type Verb, type VerbOutcome } from './verb.ts'

/** Name and value of a `<Parameter>` together ("TwiML Stream: custom parameters"). */
const PARAMETER_LIMIT = 500

/**
 * `<Connect>`: runs its noun to the end, then the `action` when there is one, else the next verb. Only `<Stream>` is
 * simulated.
 */
export const connect: Verb = async (element, stage) => {
  const { call, signal } = stage
  const noun = element.children[0]
  if (noun?.name !== 'Stream') {
    const what = noun ? `<Connect><${noun.name}>` : 'an empty <Connect>'
    call.world.debugger.error(noun ? 'not-simulated' : '12200', `This carrier cannot run ${what}`, {
      callSid: call.sid,
    })
    return NEXT
  }
  const stream = new MediaStream(call, settingsOf(noun, stage))
  const end = await stream.run(signal)
  return after(element, stage, end)
}

/** What the documentation leaves open is a switch here. */
async function after(element: TwimlElement, stage: Stage, end: StreamEnd): Promise<VerbOutcome> {
  const { call, signal } = stage
  const { switches } = call.world
  const { action, method } = element.attributes
  if (end === 'lost' && switches.afterLoss === 'silence') await wait(Number.MAX_SAFE_INTEGER, signal)
  if (action === undefined) return NEXT
  if (end === 'handshake-failed' && switches.afterHandshakeFailure === 'next-verb') return NEXT
  if (end === 'lost' && switches.afterLoss === 'next-verb') return NEXT
  const to = followTo(stage, action, method)
  if (!signal.aborted || to.go !== 'document' || 'twiml' in to.source) return to
  if (signal.reason === 'over' && switches.actionAfterHangUp) await call.webhook({ params: {}, ...to.source })
  return NEXT
}

function settingsOf(
  noun: TwimlElement,
  { call, document }: Stage,
): ConstructorParameters<typeof MediaStream>[1] {
  const parameters: Record<string, string> = {}
  for (const { attributes } of noun.children) {
    const { name = '', value = '' } = attributes
    if (name.length + value.length < PARAMETER_LIMIT) parameters[name] = value
    else {
      const message = `Parameter '${name}': name and value together must be below ${PARAMETER_LIMIT} characters`
      call.world.debugger.error('12200', message, { callSid: call.sid })
    }
  }
  const { url = '', name, statusCallback, statusCallbackMethod } = noun.attributes
  if (noun.attributes.track !== undefined && noun.attributes.track !== 'inbound_track') {
    call.world.debugger.error('31941', 'Stream: Invalid track configuration', { callSid: call.sid })
  }
  return { url, name, statusCallback, statusCallbackMethod, parameters, base: document.url }
}
