import {
  CLOSE,
  COLON,
  COMMA,
  isExactly,
  longStringEnd,
  OPEN,
  plainValueEnd,
  QUOTE,
  skipSpace,
  stringEnd,
} from './json-bytes.ts'

/** Where things stand in a `response.output_audio.delta`. One object is used again for every event. */
export type DeltaScan = {
  responseStart: number
  responseEnd: number
  itemStart: number
  itemEnd: number
  /** The base64 text. */
  audioStart: number
  audioEnd: number
}

export const newDeltaScan = (): DeltaScan => ({
  responseStart: 0,
  responseEnd: 0,
  itemStart: 0,
  itemEnd: 0,
  audioStart: 0,
  audioEnd: 0,
})

const TYPE = Buffer.from('type')
const AUDIO_DELTA = Buffer.from('response.output_audio.delta')
const RESPONSE_ID = Buffer.from('response_id')
const ITEM_ID = Buffer.from('item_id')
const DELTA = Buffer.from('delta')

/**
 * Finds audio, response and item of a `response.output_audio.delta` without making anything: keys in any order,
 * any white space. False for every other event, and for one written in a way the scan does not know: then
 * `JSON.parse` decides ("Realtime API: server events").
 */
export function scanAudioDelta(bytes: Buffer, found: DeltaScan): boolean {
  found.responseEnd = 0
  found.itemEnd = 0
  found.audioEnd = 0
  let isAudio = false
  let i = skipSpace(bytes, 0)
  if (bytes[i] !== OPEN) return false
  i = skipSpace(bytes, i + 1)
  for (;;) {
    if (bytes[i] !== QUOTE) return false
    const keyStart = i + 1
    const keyEnd = stringEnd(bytes, keyStart)
    if (keyEnd < 0) return false
    i = skipSpace(bytes, keyEnd + 1)
    if (bytes[i] !== COLON) return false
    i = skipSpace(bytes, i + 1)
    if (bytes[i] === QUOTE) {
      const start = i + 1
      const isDelta = isExactly(bytes, keyStart, keyEnd, DELTA)
      const end = isDelta ? longStringEnd(bytes, start) : stringEnd(bytes, start)
      if (end < 0) return false
      if (isDelta) {
        found.audioStart = start
        found.audioEnd = end
      } else if (isExactly(bytes, keyStart, keyEnd, TYPE)) {
        isAudio = isExactly(bytes, start, end, AUDIO_DELTA)
        if (!isAudio) return false
      } else if (isExactly(bytes, keyStart, keyEnd, RESPONSE_ID)) {
        found.responseStart = start
        found.responseEnd = end
      } else if (isExactly(bytes, keyStart, keyEnd, ITEM_ID)) {
        found.itemStart = start
        found.itemEnd = end
      }
      i = end + 1
    } else {
      i = plainValueEnd(bytes, i)
      if (i < 0) return false
    }
    i = skipSpace(bytes, i)
    if (bytes[i] === COMMA) {
      i = skipSpace(bytes, i + 1)
      continue
    }
    if (bytes[i] !== CLOSE || skipSpace(bytes, i + 1) !== bytes.length) return false
    return isAudio && found.audioEnd > 0 && found.responseEnd > 0 && found.itemEnd > 0
  }
}
