import { parseArgs } from 'node:util'
import { StackFault } from '@toritsugi/embedded-servers'

/** The ports of one local stack: a run of ten from the base. */
export type Ports = {
  edge: number
  callControl: number
  mediaBridge: number
  realtimeSession: number
  handoff: number
  transcript: number
  carrier: number
  model: number
  postgres: number
  nats: number
}

/** What this start was asked to do. */
export type Settings = {
  ports: Ports
  /** Place one simulated call, then exit with 0, or with 1 and the reasons. */
  once: boolean
  /** Place no call at all: just stay up. */
  noCall: boolean
  /** Whether the carrier is the real one; then its keys and our public address come from the environment. */
  realCarrier: boolean
  realModel: boolean
  /** Where the carrier reaches us. */
  publicUrl: string
}

export const USAGE = `npm start [-- options]

  --once      place one simulated call, print it, exit 0 (or 1 with the reasons)
  --no-call   start everything and place no call
  --help      this text

  TORITSUGI_PORT_BASE                        first of ten ports (8080)
  TORITSUGI_HOME                             where data, logs and secrets are kept (.toritsugi)
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN      use the real carrier; PUBLIC_URL is then where it reaches us
  OPENAI_API_KEY                             use the real speech model
`

export const DEFAULT_PORT_BASE = 8080

/** The ports from a base. */
export function portsFrom(base: number): Ports {
  return {
    edge: base,
    callControl: base + 1,
    mediaBridge: base + 2,
    realtimeSession: base + 3,
    handoff: base + 4,
    transcript: base + 5,
    carrier: base + 6,
    model: base + 7,
    postgres: base + 8,
    nats: base + 9,
  }
}

/** Reads arguments and environment; `help` when the usage was asked for. Throws a StackFault that names what is wrong. */
export function readSettings(argv: readonly string[], env: NodeJS.ProcessEnv): Settings | 'help' {
  const options = readArguments(argv)
  if (options.help) return 'help'
  const ports = portsFrom(readBase(env.TORITSUGI_PORT_BASE))
  const realCarrier = bothOrNeither(env, 'TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN')
  const realModel = Boolean(env.OPENAI_API_KEY)
  if (options.once && (realCarrier || realModel)) {
    throw new StackFault('--once places a simulated call: unset TWILIO_* and OPENAI_API_KEY for it.')
  }
  const localUrl = `http://localhost:${ports.edge}`
  if (realCarrier && !env.PUBLIC_URL) {
    throw new StackFault(
      `With TWILIO_* set, PUBLIC_URL has to say where Twilio reaches this machine: run a tunnel to ${localUrl} ` +
        'and set PUBLIC_URL to its https address.',
    )
  }
  return {
    ports,
    once: options.once ?? false,
    noCall: options['no-call'] ?? false,
    realCarrier,
    realModel,
    publicUrl: realCarrier ? readUrl('PUBLIC_URL', env.PUBLIC_URL ?? '') : localUrl,
  }
}

function readArguments(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: argv.filter((arg) => arg !== '--'), // pnpm hands it on
      options: {
        once: { type: 'boolean' },
        'no-call': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.once && values['no-call']) throw new Error('--once and --no-call exclude each other')
    return values
  } catch (error) {
    throw new StackFault(
      `${error instanceof Error ? error.message : String(error)}. See npm start -- --help.`,
    )
  }
}

/** The first of the ten ports; throws a StackFault when the text is no usable number. */
export function readBase(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT_BASE
  const base = Number(text)
  if (Number.isInteger(base) && base >= 1024 && base <= 65_526) return base
  throw new StackFault(`TORITSUGI_PORT_BASE is "${text}"; it has to be a number from 1024 to 65526.`)
}

function bothOrNeither(env: NodeJS.ProcessEnv, one: string, other: string): boolean {
  if (Boolean(env[one]) === Boolean(env[other])) return Boolean(env[one])
  const [set, missing] = env[one] ? [one, other] : [other, one]
  throw new StackFault(
    `${set} is set but ${missing} is not: set both for the real carrier, none for the simulator.`,
  )
}

function readUrl(name: string, text: string): string {
  let url: URL | undefined
  try {
    url = new URL(text)
  } catch {}
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search) return url.origin
  throw new StackFault(`${name} is "${text}"; it has to be an address like https://calls.example.com.`)
}
