import { readWav, resample } from '@toritsugi/audio'
import { resolveUrl } from '../documents/document.ts'
import { untilAborted, wait } from '../line/line.ts'
import { dtmfTones } from './dtmf.ts'
import { countOf, failure, NEXT, type Stage, type Verb, type VerbOutcome } from './verb.ts'

const BETWEEN_LOOPS_MS = 300

/** `<Play>`: a WAV file by its address, or the tones of `digits`. Other sound formats are not simulated. */
export const play: Verb = async (element, stage) => {
  const { digits } = element.attributes
  const sound = digits === undefined ? await fetchSound(element.text, stage) : dtmfTones(digits)
  if ('go' in sound) return sound
  const loops = countOf(element, 'loop', 1) || Number.POSITIVE_INFINITY
  for (let loop = 0; loop < loops && !stage.signal.aborted; loop += 1) {
    if (loop > 0) await wait(BETWEEN_LOOPS_MS, stage.signal)
    await stage.call.line.play(sound, stage.signal)
  }
  return NEXT
}

async function fetchSound(
  text: string,
  { call, document, signal }: Stage,
): Promise<Int16Array | VerbOutcome> {
  const url = resolveUrl(document, text)
  if (url === undefined) return failure('11100', `Invalid URL: ${text}`, text)
  const answer = await untilAborted(call.world.webhooks.deliver({ url, method: 'GET', params: {} }), signal)
  if (!answer) return NEXT
  if (answer.is === 'failed') return failure(answer.code, answer.message, url)
  if (answer.status !== 200) return failure('11200', `HTTP status ${answer.status}`, url)
  if (!/^audio\/(x-)?(wav|wave|vnd\.wave)\b/i.test(answer.contentType)) {
    return failure('12300', `Invalid Content-Type: ${answer.contentType || 'none'}`, url)
  }
  try {
    const { pcm, sampleRate } = readWav(answer.body)
    return resample(pcm, sampleRate, 8000)
  } catch (error) {
    return failure('12400', error instanceof Error ? error.message : 'The file cannot be read', url)
  }
}
