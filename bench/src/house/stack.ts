import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceSchema } from '@toritsugi/db'
import { freePort } from '@toritsugi/embedded-servers'
import type { Core } from '../process/pinned-child.ts'
import { type House, openHouse } from './house.ts'
import { type Program, type ServiceProcess, startServiceProcess } from './service-process.ts'

export type StackSecrets = { accountSid: string; authToken: string; streamTokenSecret: string }

/** Services with everything under them, for one run. */
export type Stack = {
  house: House
  services: ReadonlyMap<Program, ServiceProcess>
  secrets: StackSecrets
  /** Where the carrier reaches it: the edge, or what takes its place. */
  publicUrl: string
  phoneNumber: string
  port(program: Program): number
  /** The key of the REST API that call-control made at its start. */
  apiKey(): string
  stop(): Promise<void>
}

export type StackOptions = {
  programs: readonly Program[]
  /** The Realtime endpoint, and its key. */
  model?: { url: string; apiKey: string }
  /** The carrier's REST API. */
  carrierUrl?: string
  secrets?: StackSecrets
  /** More variables, for one program. */
  env?: Partial<Record<Program, Readonly<Record<string, string>>>>
  nodeArgs?: readonly string[]
  /** Where a program runs, and the servers beneath. Default: anywhere. */
  coreOf?: (program: Program | 'servers') => Core
  durable?: boolean
}

const roles: Partial<Record<Program, ServiceSchema>> = {
  'call-control': 'call_control',
  'realtime-session': 'realtime_session',
  handoff: 'handoff',
  transcript: 'transcript',
}
const NOBODY = 'http://127.0.0.1:9'

export const newSecrets = (): StackSecrets => ({
  accountSid: `AC${randomBytes(16).toString('hex')}`,
  authToken: randomBytes(16).toString('hex'),
  streamTokenSecret: randomBytes(32).toString('hex'),
})

/** Starts the programs and waits until each is ready; what was begun is ended when one is not. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const { programs, secrets = newSecrets() } = options
  const house = await openHouse({
    database: programs.some((program) => roles[program] !== undefined),
    core: options.coreOf?.('servers') ?? 'any',
    ...(options.durable === undefined ? {} : { durable: options.durable }),
  })
  const services = new Map<Program, ServiceProcess>()
  const stop = async (): Promise<void> => {
    await Promise.all([...services.values()].map((service) => service.stop()))
    await house.stop()
  }
  try {
    const ports = new Map<Program, number>()
    for (const program of programs) ports.set(program, await freePort())
    const urlOf = (program: Program): string => {
      const port = ports.get(program)
      return port === undefined ? NOBODY : `http://127.0.0.1:${port}`
    }
    // Without an edge, whoever is asked by the carrier is reached directly.
    const front = (['edge', 'call-control', 'media-bridge'] as const).find((program) => ports.has(program))
    const publicUrl = front === undefined ? NOBODY : urlOf(front)
    const phoneNumber = '+815012345600'
    const apiKeyFile = join(house.folder, 'api-key')
    const start = async (program: Program): Promise<void> => {
      const role = roles[program]
      const service = await startServiceProcess({
        program,
        port: ports.get(program) as number,
        core: options.coreOf?.(program) ?? 'any',
        ...(options.nodeArgs === undefined ? {} : { nodeArgs: options.nodeArgs }),
        env: {
          NATS_URL: house.natsUrl,
          ...(role === undefined ? {} : { DATABASE_URL: house.databaseUrl(role) }),
          PUBLIC_URL: publicUrl,
          STREAM_TOKEN_SECRET: secrets.streamTokenSecret,
          TWILIO_ACCOUNT_SID: secrets.accountSid,
          TWILIO_AUTH_TOKEN: secrets.authToken,
          TWILIO_API_URL: options.carrierUrl ?? NOBODY,
          DEFAULT_PHONE_NUMBER: phoneNumber,
          FIRST_API_KEY_FILE: apiKeyFile,
          OPENAI_REALTIME_URL: options.model?.url ?? 'ws://127.0.0.1:9',
          OPENAI_API_KEY: options.model?.apiKey ?? 'sk-bench',
          CALL_CONTROL_URL: urlOf('call-control'),
          MEDIA_BRIDGE_URL: urlOf('media-bridge'),
          REALTIME_SESSION_URL: urlOf('realtime-session'),
          HANDOFF_URL: urlOf('handoff'),
          TRANSCRIPT_URL: urlOf('transcript'),
          ...options.env?.[program],
        },
      })
      services.set(program, service)
    }
    await Promise.all(programs.map(start))
    return {
      house,
      services,
      secrets,
      publicUrl,
      phoneNumber,
      port: (program) => ports.get(program) as number,
      apiKey: () => readFileSync(apiKeyFile, 'utf8').trim(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
