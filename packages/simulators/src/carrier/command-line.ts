import { Command, InvalidArgumentError } from 'commander'
import { type Carrier, startCarrier } from './start-carrier.ts'
import { DEFAULT_LIMITS } from './switches.ts'

type Options = {
  port: number
  host: string
  accountSid: string
  authToken: string
  number: string[]
  publicUrl: string
  voicePath: string
  fallbackPath: string
  statusPath: string
  publicHost: Record<string, string>
  secureStreams: boolean
  callsPerSecond: number
  apiUrl?: string
}

const DEFAULT_PORT_BASE = 8080
const DEFAULT_NUMBER = '+815012345600'
/** For a local set-up in which nobody chose an account. */
const DEFAULT_ACCOUNT = { sid: `AC${'0'.repeat(32)}`, authToken: '0'.repeat(32) }

/**
 * Starts a carrier from command-line arguments (without the program's name) and environment variables, of which the
 * arguments win. Throws an Error whose message is one clear sentence; a wrong argument throws a CommanderError.
 */
export async function runCarrier(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Carrier> {
  const options = readOptions(args, env)
  const at = (path: string) => (path === '' ? undefined : new URL(path, options.publicUrl).href)
  const voiceUrl = at(options.voicePath)
  if (voiceUrl === undefined) throw new Error('--voice-path must not be empty.')
  const fallback = at(options.fallbackPath)
  const status = at(options.statusPath)
  try {
    return await startCarrier({
      port: options.port,
      host: options.host,
      accountSid: options.accountSid,
      authToken: options.authToken,
      numbers: options.number.map((phoneNumber) => ({
        phoneNumber,
        voiceUrl,
        ...(fallback ? { voiceFallbackUrl: fallback } : {}),
        ...(status ? { statusCallback: status } : {}),
      })),
      publicHosts: options.publicHost,
      limits: { callsPerSecond: options.callsPerSecond },
      ...(options.apiUrl ? { apiUrl: options.apiUrl } : {}),
      allowInsecureStreams: options.secureStreams ? false : voiceUrl.startsWith('http:'),
    })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new Error(`Port ${options.port} on ${options.host} is taken.`, { cause })
    throw cause
  }
}

function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const base = numberIn(env, 'TORITSUGI_PORT_BASE') ?? DEFAULT_PORT_BASE
  const sid = set(env.CARRIER_ACCOUNT_SID) ?? set(env.TWILIO_ACCOUNT_SID) ?? DEFAULT_ACCOUNT.sid
  const token = set(env.CARRIER_AUTH_TOKEN) ?? set(env.TWILIO_AUTH_TOKEN) ?? DEFAULT_ACCOUNT.authToken
  const numbers = set(env.CARRIER_NUMBERS)?.split(/[\s,]+/) ?? [DEFAULT_NUMBER]
  const hosts = (set(env.CARRIER_PUBLIC_HOSTS)?.split(/[\s,]+/) ?? []).reduce(hostPair, {})
  const publicUrl = set(env.PUBLIC_URL) ?? `http://localhost:${base}`
  const options = new Command('sim:carrier')
    .description(
      'A telephone carrier with the Twilio REST API, TwiML, webhooks and Media Streams, and its phones.',
    )
    .option('-p, --port <number>', 'port to listen on', whole, numberIn(env, 'CARRIER_PORT') ?? base + 6)
    .option('--host <address>', 'address to listen on', set(env.CARRIER_HOST) ?? '127.0.0.1')
    .option('--account-sid <sid>', 'SID of the only account', sid)
    .option('--auth-token <token>', 'its token: authenticates requests and signs webhooks', token)
    .option('--number <e164>', 'a number of the account (may be repeated)', collect)
    .option('--public-url <url>', 'where webhooks go', publicUrl)
    .option('--voice-path <path>', 'asked when a number is called', '/api/twilio/voice')
    .option('--fallback-path <path>', 'asked when that fails; empty for none', '/api/twilio/fallback')
    .option('--status-path <path>', 'told when a call ends; empty for none', '/api/twilio/status')
    .option(
      '--public-host <public=real>',
      'reach a public origin elsewhere (may be repeated)',
      hostOption,
      hosts,
    )
    .option('--api-url <url>', 'where customers reach this server', set(env.CARRIER_API_URL))
    .option(
      '--calls-per-second <number>',
      'outbound calls begun in a second; more wait',
      rate,
      rateIn(env, 'CARRIER_CALLS_PER_SECOND') ?? DEFAULT_LIMITS.callsPerSecond,
    )
    .option('--secure-streams', 'refuse ws:// streams even when the public URL is http', false)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<Omit<Options, 'number'> & { number?: string[] }>()
  return { ...options, number: options.number ?? numbers }
}

function set(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function numberIn(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const value = set(env[name])
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Number(value)
  throw new Error(`${name} is '${value}', which is not a whole number.`)
}

function rateIn(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const value = set(env[name])
  if (value === undefined || Number(value) > 0) return value === undefined ? undefined : Number(value)
  throw new Error(`${name} is '${value}', which is not a number above 0.`)
}

function rate(value: string): number {
  if (Number(value) > 0) return Number(value)
  throw new InvalidArgumentError(`'${value}' is not a number above 0.`)
}

function whole(value: string): number {
  const parsed = Number(value)
  if (Number.isInteger(parsed) && parsed >= 0) return parsed
  throw new InvalidArgumentError(`'${value}' is not a whole number.`)
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}

function hostOption(value: string, before: Record<string, string>): Record<string, string> {
  if (!/^https?:\/\/[^=]+=https?:\/\/.+$/.test(value)) {
    throw new InvalidArgumentError(
      `'${value}' is not of the form https://public.example=http://127.0.0.1:8080.`,
    )
  }
  return hostPair(before, value)
}

function hostPair(hosts: Record<string, string>, pair: string): Record<string, string> {
  const at = pair.indexOf('=')
  return { ...hosts, [pair.slice(0, at)]: pair.slice(at + 1) }
}
