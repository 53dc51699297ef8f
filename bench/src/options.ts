import { parseArgs } from 'node:util'

/** The parts of the bench that can be chosen, in the order they run. */
export const ROW_GROUPS = [
  'cpu',
  'ladder',
  'capacity',
  'memory',
  'clear',
  'turn',
  'answer',
  'webhook',
  'event',
  'admission',
  'integrity',
] as const
export type RowGroup = (typeof ROW_GROUPS)[number]

export type Options = {
  quick: boolean
  rows: readonly RowGroup[]
  out: string | undefined
  /** Folder for CPU profiles of the reference and the bridge. */
  profile: string | undefined
}

export const USAGE: string = `pnpm bench -- [--quick] [--rows ${ROW_GROUPS.join(',')}] [--out file] [--profile folder]`

/** Reads the command line. @throws Error that says what is wrong and how it is used */
export function readOptions(argv: readonly string[]): Options {
  const args = argv.filter((arg) => arg !== '--')
  let values: { quick?: boolean; rows?: string; out?: string; profile?: string }
  try {
    values = parseArgs({
      args,
      options: {
        quick: { type: 'boolean' },
        rows: { type: 'string' },
        out: { type: 'string' },
        profile: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new Error(`${(error as Error).message}\nUsage: ${USAGE}`)
  }
  const rows = values.rows === undefined ? [...ROW_GROUPS] : values.rows.split(',').map((name) => name.trim())
  const unknown = rows.filter((name) => !(ROW_GROUPS as readonly string[]).includes(name))
  if (unknown.length > 0) throw new Error(`Unknown rows: ${unknown.join(', ')}\nUsage: ${USAGE}`)
  return {
    quick: values.quick === true,
    rows: ROW_GROUPS.filter((group) => rows.includes(group)),
    out: values.out,
    profile: values.profile,
  }
}
