import type { Random } from './random.ts'

/** Changes of a JSON text that a parsed value cannot show: what the writer of a scanner forgets. */
type Change = (random: Random, text: string) => string

const keyAt = (random: Random, text: string): { at: number; key: string } | undefined => {
  const keys = [...text.matchAll(/"([a-zA-Z_]+)"\s*:/g)]
  if (keys.length === 0) return undefined
  const found = random.pick(keys)
  return { at: found.index, key: found[1] as string }
}

const insert = (text: string, at: number, what: string): string => text.slice(0, at) + what + text.slice(at)

const changes: Readonly<Record<string, Change>> = {
  'a key twice': (random, text) => {
    const found = keyAt(random, text)
    if (found === undefined) return text
    const value = random.pick([
      '"x"',
      'null',
      '{}',
      '[]',
      '1',
      '"input_audio_buffer.append"',
      '"media"',
      '"AAAA"',
    ])
    return insert(text, found.at, `"${found.key}":${value},`)
  },
  'white space': (random, text) => {
    const space = random.pick([' ', '\n', '\t', '\r\n', ' '.repeat(3000)])
    return text.replace(/[:,{}]/g, (sign) => (random.chance(0.5) ? space + sign + space : sign))
  },
  'escaped letters': (random, text) =>
    text.replace(/[a-zA-Z]/g, (letter) =>
      random.chance(0.1) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter,
    ),
  'keys in another order': (_, text) => {
    try {
      const value: unknown = JSON.parse(text)
      return JSON.stringify(reversed(value))
    } catch {
      return text
    }
  },
  'a payload inside a text': (random, text) => {
    const found = keyAt(random, text)
    const lure = '\\"payload\\":\\"AAAA\\",\\"event\\":\\"media\\",\\"audio\\":\\"BBBB\\"'
    return found === undefined ? text : insert(text, found.at, `"note":"${lure}",`)
  },
  'cut off': (random, text) => text.slice(0, random.below(text.length + 1)),
  'something after it': (random, text) =>
    text + random.pick(['}', ' ', 'null', ',{}', '\u0000', text, '{"event":"stop"}']),
  'something before it': (random, text) =>
    random.pick(['\ufeff', '[', '//x\n', ',', '\u0000', ")]}'\n"]) + text,
  'not quite JSON': (random, text) =>
    random.pick<(t: string) => string>([
      (t) => t.replaceAll('"', "'"),
      (t) => t.replace('}', ',}'),
      (t) => t.replace(/"(\w+)":/, '$1:'),
      (t) => t.replace(/:\s*("[^"]*"|\d+)/, ':NaN'),
      (t) => t.replace(/:\s*("[^"]*"|\d+)/, ':1e99999'),
      (t) => t.replace(/:\s*("[^"]*"|\d+)/, `:${'9'.repeat(5000)}`),
      (t) => t.replace(/:\s*("[^"]*"|\d+)/, ':"\\ud800"'),
      (t) => t.replace(/:\s*("[^"]*"|\d+)/, ':"\\x"'),
      (t) => `[${t}]`,
      (t) => JSON.stringify(t),
      () => '',
      () => 'null',
      () => '[]',
      () => '{}',
      () => `${'['.repeat(20_000)}`,
      () => `${'{"a":'.repeat(10_000)}`,
    ])(text),
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}

/** A JSON text with one thing wrong or unusual in how it is written. */
export function mutateText(random: Random, text: string): { text: string; how: string } {
  const how = random.pick(Object.keys(changes))
  return { text: (changes[how] as Change)(random, text), how }
}
