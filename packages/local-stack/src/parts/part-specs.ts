import { join } from 'node:path'
import type { BusUser, Secrets } from '../checkout/secrets.ts'
import type { Settings } from '../settings.ts'
import { databaseUrl } from './database.ts'
import type { PartSpec } from './part.ts'

/** What the parts are told, and where their programs lie. */
export type PartsContext = {
  checkout: string
  settings: Settings
  secrets: Secrets
  /** The superuser's address of Postgres. */
  postgresUrl: string
  natsUrl: string
  /** Where call-control puts the API key that it makes at its first start. */
  apiKeyFile: string
}

/** The number that is called in the simulated world. */
export const DEMO_NUMBER = '+815012345678'

/** Short: somebody at a terminal pressed Ctrl-C and waits. */
const STOP_GRACE_MS = '2000'

const loopback = (port: number): string => `http://127.0.0.1:${port}`

/** The five services and the edge in front of them. */
export function serviceSpecs(context: PartsContext): PartSpec[] {
  const { ports } = context.settings
  return [
    service(context, 'call-control', ports.callControl, {
      DATABASE_URL: roleUrl(context, 'call_control'),
      FIRST_API_KEY_FILE: context.apiKeyFile,
      ...(context.settings.realCarrier ? {} : { DEFAULT_PHONE_NUMBER: DEMO_NUMBER }),
      ...carrier(context),
      ...streamToken(context),
    }),
    service(context, 'media-bridge', ports.mediaBridge, {
      TWILIO_AUTH_TOKEN: carrier(context).TWILIO_AUTH_TOKEN,
      CALL_CONTROL_URL: loopback(ports.callControl),
      ...streamToken(context),
      ...model(context),
    }),
    service(context, 'realtime-session', ports.realtimeSession, {
      DATABASE_URL: roleUrl(context, 'realtime_session'),
    }),
    service(context, 'handoff', ports.handoff, { DATABASE_URL: roleUrl(context, 'handoff') }),
    service(context, 'transcript', ports.transcript, { DATABASE_URL: roleUrl(context, 'transcript') }),
    {
      name: 'edge',
      main: join(context.checkout, 'packages/edge/dist/main.js'),
      port: ports.edge,
      readyUrl: `${loopback(ports.edge)}/healthz`,
      env: {
        PROFILE: 'local',
        HOST: '127.0.0.1',
        PORT: String(ports.edge),
        STOP_GRACE_MS,
        CALL_CONTROL_URL: loopback(ports.callControl),
        MEDIA_BRIDGE_URL: loopback(ports.mediaBridge),
        REALTIME_SESSION_URL: loopback(ports.realtimeSession),
        HANDOFF_URL: loopback(ports.handoff),
        TRANSCRIPT_URL: loopback(ports.transcript),
      },
    },
  ]
}

function service(
  context: PartsContext,
  name: BusUser,
  port: number,
  env: Readonly<Record<string, string>>,
): PartSpec {
  return {
    name,
    main: join(context.checkout, 'services', name, 'dist/main.js'),
    port,
    readyUrl: `${loopback(port)}/readyz`,
    env: {
      PROFILE: 'local',
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: context.settings.publicUrl,
      STOP_GRACE_MS,
      NATS_URL: context.natsUrl,
      NATS_USER: name,
      NATS_PASSWORD: context.secrets.bus[name],
      ...env,
    },
  }
}

function roleUrl(context: PartsContext, name: keyof Secrets['database']): string {
  return databaseUrl(context.postgresUrl, { name, password: context.secrets.database[name] })
}

function streamToken(context: PartsContext) {
  return { STREAM_TOKEN_SECRET: context.secrets.streamToken }
}

/** The carrier's account: the user's own, or the simulator's. */
export function carrier(context: Pick<PartsContext, 'settings' | 'secrets'>): {
  TWILIO_ACCOUNT_SID: string
  TWILIO_AUTH_TOKEN: string
  TWILIO_API_URL?: string
} {
  const { settings, secrets } = context
  if (settings.realCarrier) {
    const { TWILIO_ACCOUNT_SID = '', TWILIO_AUTH_TOKEN = '' } = process.env
    return { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN }
  }
  return {
    TWILIO_ACCOUNT_SID: secrets.carrierAccountSid,
    TWILIO_AUTH_TOKEN: secrets.carrierAuthToken,
    TWILIO_API_URL: loopback(settings.ports.carrier),
  }
}

/** The speech model: the user's own, or the simulator. */
export function model(context: Pick<PartsContext, 'settings' | 'secrets'>): Record<string, string> {
  const { settings, secrets } = context
  if (settings.realModel) return { OPENAI_API_KEY: process.env.OPENAI_API_KEY ?? '' }
  return {
    OPENAI_API_KEY: secrets.modelKey,
    OPENAI_REALTIME_URL: `ws://127.0.0.1:${settings.ports.model}/v1/realtime`,
  }
}
