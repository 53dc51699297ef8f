import type { StoryLine } from './teller.ts'

const COLOURS: Record<StoryLine['who'], number> = {
  call: 90,
  caller: 36,
  assistant: 32,
  tool: 33,
  trouble: 31,
}

/** One line for the terminal: clock, who, words, small print. */
export function layOut(line: StoryLine, colours: boolean): string {
  const paint = (code: number, text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const who = paint(COLOURS[line.who], line.who.padEnd(9))
  const note = line.note ? `  ${paint(90, `(${line.note})`)}` : ''
  return `  ${paint(90, clock(line.ms))}  ${who}  ${line.text}${note}`
}

/** `01:02.3`: minutes, seconds and tenths since the call began. */
export function clock(ms: number): string {
  const tenths = Math.floor(ms / 100)
  const minutes = String(Math.floor(tenths / 600)).padStart(2, '0')
  const seconds = String(Math.floor(tenths / 10) % 60).padStart(2, '0')
  return `${minutes}:${seconds}.${tenths % 10}`
}

/** Micro-USD as dollars with four digits. */
export function dollars(microUsd: number): string {
  return `$${(microUsd / 1_000_000).toFixed(4)}`
}
