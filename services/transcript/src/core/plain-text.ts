import type { Speaker, Transcript } from '@toritsugi/contracts'

export const speakerNames: Record<Speaker, string> = { caller: 'Caller', assistant: 'Assistant' }

/** Stands where words were spoken that nobody could write down. */
export const inaudible = '(inaudible)'

/** One line per utterance, `[00:12] Caller: …`, and a last line when something is missing. */
export function toPlainText(transcript: Transcript): string {
  const lines = transcript.utterances.flatMap((u) => {
    const text = u.text === null ? inaudible : spoken(u.text)
    if (text === '') return []
    const name = speakerNames[u.by]
    return [`[${minutes(u.startMs)}] ${name}${u.form === 'keys' ? ' (keys)' : ''}: ${text}`]
  })
  if (!transcript.complete) lines.push(incompleteLine(transcript))
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

export function incompleteLine({ missing }: Transcript): string {
  return missing.length === 0
    ? '(This transcript is not complete.)'
    : `(This transcript is not complete: ${missing.length} turn${missing.length === 1 ? ' is' : 's are'} missing.)`
}

/** Line ends and control characters become spaces: an utterance is one line. */
export function spoken(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim()
}

/** `75_000` → `01:15`; hours only when there are any. */
function minutes(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return (parts[0] === 0 ? parts.slice(1) : parts).map((part) => String(part).padStart(2, '0')).join(':')
}
