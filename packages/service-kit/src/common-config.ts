import { z } from 'zod'
import { port, secret } from './config.ts'

/** Variables of every service. @param ownPort the service's port when none is set */
export const serviceVariables = (ownPort: number) => ({
  PROFILE: z
    .enum(['local', 'production'])
    .default('production')
    .describe('local: loopback only, generated secrets are allowed'),
  HOST: z.string().optional().describe('Address to listen on; 127.0.0.1 in the local profile, else 0.0.0.0'),
  PORT: port().default(ownPort).describe('Port to listen on'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('The least that is logged'),
  STOP_GRACE_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(10_000)
    .describe('How long a stopping service may take to finish its work'),
})

/** Variables of services on the bus. */
export const busVariables = {
  NATS_URL: z.string().min(1).describe('nats://host:port, several parted by commas'),
  NATS_USER: z.string().optional().describe('User of this service on NATS'),
  NATS_PASSWORD: secret().optional().describe('Its password'),
}

/** Variables of services with tables. */
export const databaseVariables = {
  DATABASE_URL: secret()
    .regex(/^postgres(ql)?:\/\//, 'must be postgres://role:password@host:port/database')
    .describe('postgres://role:password@host:port/toritsugi, one role per service'),
}

/** Where a service listens. The local profile holds generated secrets, so it is kept to the loopback. */
export function listenHost(config: { PROFILE: 'local' | 'production'; HOST?: string | undefined }): string {
  if (config.PROFILE === 'production') return config.HOST ?? '0.0.0.0'
  const host = config.HOST ?? '127.0.0.1'
  if (!['127.0.0.1', '::1', 'localhost'].includes(host)) {
    throw new Error(`HOST is ${host}, but the local profile listens on the loopback only`)
  }
  return host
}
