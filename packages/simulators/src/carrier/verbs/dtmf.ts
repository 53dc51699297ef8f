const ROWS = [697, 770, 852, 941]
const COLUMNS = [1209, 1336, 1477, 1633]
const KEYS = '123A456B789C*0#D'
const TONE_SAMPLES = 800
const GAP_SAMPLES = 400
const HEIGHT = 6000
/** `w` waits half a second, `W` a whole one. */
const WAITS: Readonly<Record<string, number>> = { w: 4000, W: 8000 }

/** The tones of keys at 8 kHz: 100 ms each with 50 ms between. */
export function dtmfTones(digits: string): Int16Array {
  const parts = [...digits].map((digit) => {
    const waits = WAITS[digit]
    return waits === undefined ? toneOf(digit) : new Int16Array(waits)
  })
  const pcm = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    pcm.set(part, at)
    at += part.length
  }
  return pcm
}

function toneOf(digit: string): Int16Array {
  const key = KEYS.indexOf(digit)
  const low = ROWS[Math.floor(key / 4)] ?? 0
  const high = COLUMNS[key % 4] ?? 0
  const pcm = new Int16Array(TONE_SAMPLES + GAP_SAMPLES)
  for (let index = 0; index < TONE_SAMPLES; index += 1) {
    const t = (2 * Math.PI * index) / 8000
    pcm[index] = HEIGHT * (Math.sin(low * t) + Math.sin(high * t))
  }
  return pcm
}
