import { fileURLToPath } from 'node:url'
import { type Child, freePort, startChild } from '@toritsugi/embedded-servers'

/** The programs of the product, as they are run anywhere: one process each, told everything by its environment. */
export const programs = [
  'call-control',
  'media-bridge',
  'realtime-session',
  'handoff',
  'transcript',
  'edge',
] as const
export type Program = (typeof programs)[number]

export type Process = {
  program: Program
  port: number
  child: Child
  /** Lines it logged at level error or above, and what it wrote to stderr. */
  errors: string[]
}

const root = new URL('../../../', import.meta.url)
const mainOf = (program: Program): string =>
  fileURLToPath(new URL(`${program === 'edge' ? 'packages' : 'services'}/${program}/dist/main.js`, root))

const PINO_ERROR = 50
const READY_DEADLINE_MS = 30_000

export type ServicesOptions = {
  databaseUrl: (role: string) => string
  natsUrl: string
  carrier: { url: string; accountSid: string; authToken: string }
  model: { url: string; apiKey: string }
  phoneNumber: string
  apiKeyFile: string
  ports: Record<Program, number>
  env?: Partial<Record<Program, Readonly<Record<string, string>>>>
}

/** A free port for every program. */
export async function choosePorts(): Promise<Record<Program, number>> {
  const ports = await Promise.all(programs.map(() => freePort()))
  return Object.fromEntries(programs.map((program, i) => [program, ports[i]])) as Record<Program, number>
}

/** Starts one program and waits until it is ready. Rejects with its last lines when it is not ready in 30 s. */
export async function startProgram(program: Program, options: ServicesOptions): Promise<Process> {
  const port = options.ports[program]
  const errors: string[] = []
  const child = await startChild({
    name: program,
    command: process.execPath,
    args: ['--enable-source-maps', mainOf(program)],
    env: { PATH: process.env.PATH ?? '', ...environmentOf(program, options) },
    log(line, output) {
      if (isError(line, output)) errors.push(`${program}: ${line}`)
    },
  })
  const path = program === 'edge' ? 'healthz' : 'readyz'
  const dead = child.exited.then(() => {
    throw new Error(`${program} ended before it was ready:\n${child.lastLines().join('\n')}`)
  })
  await Promise.race([untilReady(program, `http://127.0.0.1:${port}/${path}`, child), dead])
  dead.catch(() => undefined)
  return { program, port, child, errors }
}

async function untilReady(program: Program, url: string, child: Child): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS
  let last = 'no answer'
  while (performance.now() < deadline) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2000) })
      last = `${answer.status} ${await answer.text()}`
      if (answer.ok) return
    } catch {
      // Not listening yet.
    }
    await new Promise((wake) => setTimeout(wake, 50))
  }
  throw new Error(`${program} was not ready in time: ${last}\n${child.lastLines().join('\n')}`)
}

function environmentOf(program: Program, options: ServicesOptions): Record<string, string> {
  const at = (name: Program): string => `http://127.0.0.1:${options.ports[name]}`
  const own: Partial<Record<Program, Record<string, string>>> = {
    'call-control': {
      DATABASE_URL: options.databaseUrl('call_control'),
      TWILIO_ACCOUNT_SID: options.carrier.accountSid,
      TWILIO_API_URL: options.carrier.url,
      DEFAULT_PHONE_NUMBER: options.phoneNumber,
      FIRST_API_KEY_FILE: options.apiKeyFile,
    },
    'media-bridge': {
      CALL_CONTROL_URL: at('call-control'),
      OPENAI_REALTIME_URL: options.model.url,
      OPENAI_API_KEY: options.model.apiKey,
    },
    'realtime-session': { DATABASE_URL: options.databaseUrl('realtime_session') },
    handoff: { DATABASE_URL: options.databaseUrl('handoff') },
    transcript: { DATABASE_URL: options.databaseUrl('transcript') },
    edge: {
      CALL_CONTROL_URL: at('call-control'),
      MEDIA_BRIDGE_URL: at('media-bridge'),
      REALTIME_SESSION_URL: at('realtime-session'),
      HANDOFF_URL: at('handoff'),
      TRANSCRIPT_URL: at('transcript'),
    },
  }
  return {
    PROFILE: 'local',
    HOST: '127.0.0.1',
    PORT: String(options.ports[program]),
    PUBLIC_URL: at('edge'),
    NATS_URL: options.natsUrl,
    STREAM_TOKEN_SECRET: 'the-call-scripts-share-this-secret-of-the-streams',
    TWILIO_AUTH_TOKEN: options.carrier.authToken,
    ...own[program],
    ...options.env?.[program],
  }
}

function isError(line: string, output: 'stdout' | 'stderr'): boolean {
  try {
    const { level } = JSON.parse(line) as { level?: unknown }
    return typeof level === 'number' ? level >= PINO_ERROR : level === 'error' || level === 'fatal'
  } catch {
    return output === 'stderr' && /\b(uncaught|unhandled|\w*Error)\b/i.test(line)
  }
}
