import type { Transcript } from '@toritsugi/contracts'
import { inaudible, incompleteLine, speakerNames, spoken } from './plain-text.ts'

/**
 * The transcript as WebVTT (W3C "WebVTT: The Web Video Text Tracks Format"): one cue per utterance on the call's
 * clock, the speaker as voice. Cues are in the order of their starts, as the format asks; each lasts at least
 * a millisecond.
 */
export function toWebVtt(transcript: Transcript): string {
  const cues = transcript.utterances
    .flatMap((u) => {
      const text = u.text === null ? inaudible : spoken(u.text)
      if (text === '' || u.endMs === null) return []
      const endMs = Math.max(u.endMs, u.startMs + 1)
      const line = `<v ${speakerNames[u.by]}>${escapeCueText(text)}`
      return [{ startMs: u.startMs, text: `${u.turnId}\n${clock(u.startMs)} --> ${clock(endMs)}\n${line}` }]
    })
    .sort((a, b) => a.startMs - b.startMs)
    .map((cue) => cue.text)
  const note = transcript.complete ? [] : [`NOTE ${incompleteLine(transcript)}`]
  return `${['WEBVTT', ...note, ...cues].join('\n\n')}\n`
}

function escapeCueText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** `3_723_004` → `01:02:03.004`. */
function clock(ms: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const seconds = Math.floor(ms / 1000)
  const hms = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':')
  return `${hms}.${String(ms % 1000).padStart(3, '0')}`
}
