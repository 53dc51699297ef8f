import { readFileSync } from 'node:fs'
import { beFax, beVoicemail, toneOf } from './machines.ts'
import type { Phone } from './phone.ts'

/** What a person on a phone does: lines of a script, or a function. */
export type Script = string | ((phone: Phone) => Promise<unknown>)

type Step = { line: string; run: (phone: Phone) => unknown }

const SCRIPTS = new URL('../../../call-scripts/', import.meta.url)
const NAME = /^[a-z0-9-]+$/
const PATIENCE_MS = 30_000

/** A named script of this package, such as `plain`. An Error when there is none. */
export function namedScript(name: string): string {
  if (!NAME.test(name)) throw new Error(`${name} is not the name of a call script`)
  try {
    return readFileSync(new URL(`${name}.txt`, SCRIPTS), 'utf8')
  } catch (cause) {
    throw new Error(`There is no call script ${name}`, { cause })
  }
}

/**
 * Reads a script: one step a line; a line that begins with `#` is a comment. An Error names the line that is not understood.
 *
 *     say <text>                      speaks to the end
 *     say-unclearly <text>            the same in a noisy voice
 *     begin-to-say <text>             speaks while the script goes on
 *     wait-to-hear [10s] <pattern>    until such words were heard
 *     wait-for-silence <duration>     until nothing was heard for so long
 *     pause <duration>                400ms, 2s
 *     press <keys>
 *     play <file.wav>
 *     tone <hz>[+<hz>] <duration>     350+440 2s
 *     voicemail [60s] <greeting>      speaks, sounds a tone, records until the other side hangs up
 *     fax                             sounds as a fax does that is called
 *     hang-up
 *     wait-for-end [30s]              until the other side hangs up
 */
export function readScript(text: string): Step[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ line, run: stepOf(line) }))
}

function stepOf(line: string): Step['run'] {
  const [, verb = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? []
  const timed = /^(\d+(?:\.\d+)?(?:ms|s))\b\s*(.*)$/s.exec(rest)
  const durationMs = timed ? millisecondsOf(timed[1] as string) : undefined
  const need = <T>(value: T | undefined, what: string): T => {
    if (value === undefined || value === '') throw new Error(`Script: "${line}" needs ${what}`)
    return value
  }
  switch (verb) {
    case 'say': {
      const words = need(rest, 'something to say')
      return (phone) => phone.say(words)
    }
    case 'say-unclearly': {
      const words = need(rest, 'something to say')
      return (phone) => phone.say(words, { unclear: true })
    }
    case 'begin-to-say': {
      const words = need(rest, 'something to say')
      return (phone) => void phone.say(words)
    }
    case 'wait-to-hear': {
      const pattern = new RegExp(need(timed ? timed[2] : rest, 'words to wait for'), 'iu')
      return (phone) => phone.waitToHear(pattern, { timeoutMs: durationMs ?? PATIENCE_MS })
    }
    case 'wait-for-silence': {
      const ms = need(durationMs, 'a duration')
      return (phone) => phone.waitForSilence(ms)
    }
    case 'pause': {
      const ms = need(durationMs, 'a duration')
      return () => new Promise((resolve) => setTimeout(resolve, ms))
    }
    case 'press': {
      const keys = need(/^[0-9*#A-D]+$/.exec(rest)?.[0], 'keys')
      return (phone) => phone.press(keys)
    }
    case 'play': {
      const file = need(rest, 'a WAV file')
      return (phone) => phone.playWav(readFileSync(file))
    }
    case 'tone': {
      const [, hz = '', duration = ''] = /^(\d+(?:\+\d+)*)\s+(\d+(?:\.\d+)?(?:ms|s))$/.exec(rest) ?? []
      const ms = millisecondsOf(need(duration, 'a pitch in Hz and a duration'))
      return (phone) => phone.play(toneOf(hz.split('+').map(Number), ms))
    }
    case 'voicemail': {
      const greeting = need(timed ? timed[2] : rest, 'a greeting')
      return (phone) => beVoicemail(phone, greeting, durationMs)
    }
    case 'fax':
      return beFax
    case 'hang-up':
      return (phone) => phone.hangUp()
    case 'wait-for-end':
      return (phone) => phone.waitForEnd(durationMs ?? PATIENCE_MS)
    default:
      throw new Error(`Script: "${line}" is not understood`)
  }
}

function millisecondsOf(duration: string): number {
  return Number.parseFloat(duration) * (duration.endsWith('ms') ? 1 : 1000)
}

/** Runs a script on a phone that was answered. A step that fails is an event, and the phone hangs up. */
export async function runScript(phone: Phone, script: Script): Promise<void> {
  try {
    if (typeof script === 'function') {
      await script(phone)
      return
    }
    for (const { line, run } of readScript(script)) {
      if (phone.state === 'over') return
      phone.noted({ type: 'script', line })
      await run(phone)
    }
  } catch (error) {
    phone.noted({ type: 'script-failed', message: error instanceof Error ? error.message : String(error) })
    phone.hangUp()
  }
}
