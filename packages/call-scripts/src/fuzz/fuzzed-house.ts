import {
  type House,
  openHouse,
  type Program,
  type ServiceProcess,
  startServiceProcess,
} from '@toritsugi/bench'
import { freePort } from '@toritsugi/embedded-servers'
import { INSPECTED } from './process-probe.ts'

/** Secrets of the house that is fuzzed: it lives for one run, on loopback. */
export const HOUSE_SECRETS = {
  accountSid: `AC${'f'.repeat(32)}`,
  authToken: 'the-fuzz-auth-token',
  streamToken: 'the-fuzz-shares-this-secret-of-the-streams',
  phoneNumber: '+815012345600',
} as const

export type FuzzedHouse = {
  house: House
  services: ReadonlyMap<Program, ServiceProcess>
  stop(): Promise<void>
}

const roles = {
  'call-control': 'call_control',
  'realtime-session': 'realtime_session',
  handoff: 'handoff',
  transcript: 'transcript',
} as const

/**
 * Real servers and the services that are asked for, each with a debugger's port.
 * @param modelUrl where the bridge finds its model @param carrierUrl where call-control finds the carrier
 */
export async function openFuzzedHouse(wanted: {
  programs: readonly Program[]
  modelUrl?: string
  carrierUrl?: string
}): Promise<FuzzedHouse> {
  const house = await openHouse({
    database: wanted.programs.some((program) => program in roles),
    durable: false,
  })
  const services = new Map<Program, ServiceProcess>()
  const stop = async (): Promise<void> => {
    await Promise.all([...services.values()].map((service) => service.stop()))
    await house.stop()
  }
  try {
    const ports = new Map<Program, number>()
    for (const program of wanted.programs) ports.set(program, await freePort())
    const urlOf = (program: Program): string => `http://127.0.0.1:${ports.get(program) ?? 9}`
    const start = async (program: Program): Promise<void> => {
      const service = await startServiceProcess({
        program,
        port: ports.get(program) as number,
        core: 'any',
        nodeArgs: INSPECTED,
        env: {
          NATS_URL: house.natsUrl,
          PUBLIC_URL: urlOf(program === 'media-bridge' ? 'media-bridge' : 'call-control'),
          STREAM_TOKEN_SECRET: HOUSE_SECRETS.streamToken,
          TWILIO_ACCOUNT_SID: HOUSE_SECRETS.accountSid,
          TWILIO_AUTH_TOKEN: HOUSE_SECRETS.authToken,
          TWILIO_API_URL: wanted.carrierUrl ?? 'http://127.0.0.1:9',
          DEFAULT_PHONE_NUMBER: HOUSE_SECRETS.phoneNumber,
          CALL_CONTROL_URL: urlOf('call-control'),
          OPENAI_API_KEY: 'sk-fuzz',
          OPENAI_REALTIME_URL: wanted.modelUrl ?? 'ws://127.0.0.1:9',
          ...(program in roles
            ? { DATABASE_URL: house.databaseUrl(roles[program as keyof typeof roles]) }
            : {}),
        },
      })
      services.set(program, service)
    }
    await Promise.all(wanted.programs.map(start))
    return { house, services, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
