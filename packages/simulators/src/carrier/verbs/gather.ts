import { resolveUrl } from '../documents/document.ts'
import { wait } from '../line/line.ts'
import type { TwimlElement } from '../twiml/parse.ts'
import { pause } from './flow.ts'
import { type GatherEnd, GatherInput } from './gather-input.ts'
import { gatherSettings } from './gather-settings.ts'
import { play } from './play.ts'
import { say } from './say.ts'
import { followTo, methodOf, NEXT, type Stage, type Verb, type VerbOutcome } from './verb.ts'

const NESTED: Readonly<Record<string, Verb>> = { Say: say, Play: play, Pause: pause }

/**
 * `<Gather>`: keys or speech, heard while nested `<Say>`, `<Play>` and `<Pause>` run and for `timeout` after them; then the
 * `action` (default: this document again). Without input the next verb runs, unless `actionOnEmptyResult` ("TwiML Gather").
 */
export const gather: Verb = async (element, stage) => {
  const { call, signal } = stage
  const { settings, warnings, refused } = gatherSettings(element)
  for (const [code, message] of warnings) {
    call.world.debugger.warning(code, message, { callSid: call.sid })
  }
  if (refused) return NEXT
  const { speechInProtectedPrompt } = call.world.switches
  const input = new GatherInput(settings, speechInProtectedPrompt === 'heard')
  const tellPartial = partialTeller(element, stage, input)
  const done = new AbortController()
  const prompted = new AbortController()
  const look = () => {
    if (input.interrupts) prompted.abort()
    if (input.end) done.abort()
  }
  const stopListening = call.line.listen((frame) => {
    if (input.hear(frame)) tellPartial()
    look()
  })
  const releaseKeys = call.takeDigits((digit) => {
    input.press(digit)
    look()
  })
  const stop = () => {
    stopListening()
    releaseKeys()
  }
  const failed = await prompt(element, { ...stage, signal: AbortSignal.any([signal, prompted.signal]) })
  if (failed && !prompted.signal.aborted) {
    stop()
    return failed
  }
  input.endPrompt()
  await wait(Number.MAX_SAFE_INTEGER, AbortSignal.any([signal, done.signal]))
  stop()
  return input.end && !signal.aborted ? outcomeOf(element, stage, input.end) : NEXT
}

/** Runs the nested verbs; a failure of one is the answer. */
async function prompt(element: TwimlElement, stage: Stage): Promise<VerbOutcome | undefined> {
  for (const nested of element.children) {
    if (stage.signal.aborted) return undefined
    const outcome = await NESTED[nested.name]?.(nested, { ...stage, isFirst: false })
    if (outcome?.go === 'failure') return outcome
  }
  return undefined
}

function outcomeOf(element: TwimlElement, stage: Stage, end: GatherEnd): VerbOutcome {
  const { action = '', method, actionOnEmptyResult } = element.attributes
  if (end.by === 'nothing' && actionOnEmptyResult !== 'true') return NEXT
  return followTo(stage, action, method, paramsOf(element, stage, end))
}

function paramsOf({ attributes }: TwimlElement, { call }: Stage, end: GatherEnd): Record<string, string> {
  const { gatherExtras, speechConfidence, emptyGather } = call.world.switches
  if (end.by === 'speech') {
    const confidence = speechConfidence === 'sent' ? { Confidence: end.confidence.toFixed(8) } : {}
    return { SpeechResult: end.text, ...confidence }
  }
  const extras = gatherExtras === 'sent' ? { msg: 'Gather End', FinishedOnKey: end.finishedOn } : {}
  if (end.by === 'keys') return { Digits: end.digits, ...extras }
  if (emptyGather === 'left-out') return extras
  const input = attributes.input ?? 'dtmf'
  return {
    ...(input.includes('dtmf') ? { Digits: '' } : {}),
    ...(input.includes('speech') ? { SpeechResult: '' } : {}),
    ...extras,
  }
}

/** Posts the words so far to `partialResultCallback`: the last one may still change, those before are stable. */
function partialTeller(
  { attributes }: TwimlElement,
  { call, document }: Stage,
  input: GatherInput,
): () => void {
  const { partialResultCallback, partialResultCallbackMethod } = attributes
  if (partialResultCallback === undefined) return () => {}
  const url = resolveUrl(document, partialResultCallback)
  if (url === undefined) {
    call.world.debugger.error('11100', `Invalid URL: ${partialResultCallback}`, { callSid: call.sid })
    return () => {}
  }
  let sequence = 0
  return () => {
    const words = input.words
    call.callbacks.deliver({
      event: 'partial-result',
      url,
      method: methodOf(partialResultCallbackMethod),
      params: {
        StableSpeechResult: words.slice(0, -1).join(''),
        UnstableSpeechResult: (words.at(-1) ?? '').trimStart(),
        SequenceNumber: String(sequence),
      },
    })
    sequence += 1
  }
}
