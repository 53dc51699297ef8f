/** A run of digits as written or spoken: where it is in the text, and which digits it says. */
export type DigitRun = {
  start: number
  end: number
  digits: string
  /** Index into `digits` and position in the text where each written or spoken group begins. */
  groups: readonly { digit: number; start: number; end: number }[]
}

const words: Readonly<Record<string, string>> = {
  〇: '0',
  零: '0',
  一: '1',
  二: '2',
  三: '3',
  四: '4',
  五: '5',
  六: '6',
  七: '7',
  八: '8',
  九: '9',
  ゼロ: '0',
  ぜろ: '0',
  れい: '0',
  レイ: '0',
  まる: '0',
  マル: '0',
  いち: '1',
  イチ: '1',
  に: '2',
  ニ: '2',
  さん: '3',
  サン: '3',
  よん: '4',
  ヨン: '4',
  し: '4',
  シ: '4',
  ご: '5',
  ゴ: '5',
  ろく: '6',
  ロク: '6',
  なな: '7',
  ナナ: '7',
  しち: '7',
  シチ: '7',
  はち: '8',
  ハチ: '8',
  きゅう: '9',
  キュウ: '9',
  きゅー: '9',
  キュー: '9',
  く: '9',
  ク: '9',
  zero: '0',
  oh: '0',
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
}
const japanese = Object.keys(words)
  .filter((word) => !/^[a-z]/.test(word))
  .sort((a, b) => b.length - a.length)
const english = Object.keys(words).filter((word) => /^[a-z]/.test(word))
const token = new RegExp(
  `(?<digits>[0-9０-９]+)|(?<kana>${japanese.join('|')})` +
    `|(?<![A-Za-z])(?:(?<times>double|triple)[ -]+)?(?<english>${english.join('|')})(?![A-Za-z])`,
  'giu',
)
/** What may stand between the groups of a number: blanks, dashes, dots, commas, and の as it is spoken. */
const between = /^(?:[\s\u3000\-‐‑–—−－ー.,、。・·/／]|の){0,3}$/u

/** Finds every run of digits in a text, however they are written: 4111, ４１１１, 四一一一, よんいち, four one. */
export function digitRuns(text: string): DigitRun[] {
  const runs: {
    start: number
    end: number
    digits: string
    groups: { digit: number; start: number; end: number }[]
  }[] = []
  for (const match of text.matchAll(token)) {
    const start = match.index
    const end = start + match[0].length
    const digits = digitsOf(match.groups ?? {})
    const run = runs.at(-1)
    if (run && between.test(text.slice(run.end, start))) {
      run.groups.push({ digit: run.digits.length, start, end })
      run.digits += digits
      run.end = end
    } else {
      runs.push({ start, end, digits, groups: [{ digit: 0, start, end }] })
    }
  }
  return runs
}

function digitsOf(groups: Record<string, string | undefined>): string {
  if (groups.digits !== undefined) return groups.digits.normalize('NFKC')
  if (groups.kana !== undefined) return words[groups.kana] ?? ''
  const digit = words[groups.english?.toLowerCase() ?? ''] ?? ''
  const times = groups.times?.toLowerCase()
  return digit.repeat(times === 'triple' ? 3 : times === 'double' ? 2 : 1)
}
