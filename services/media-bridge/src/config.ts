import { busVariables, milliseconds, secret, serviceVariables } from '@toritsugi/service-kit'
import { z } from 'zod'

const httpUrl = () => z.url({ protocol: /^https?$/ })

/** The environment of media-bridge. */
export const configSchema = z.object({
  ...serviceVariables(8082),
  ...busVariables,
  PUBLIC_URL: httpUrl().describe('https://host[:port] as the carrier was told it'),
  TWILIO_AUTH_TOKEN: secret().describe('Auth token of the Twilio account; signatures are made with it'),
  STREAM_TOKEN_SECRET: secret(32).describe('Shared by call-control and media-bridge; at least 32 characters'),
  OPENAI_API_KEY: secret().describe('Key for the realtime model'),
  OPENAI_REALTIME_URL: z
    .url({ protocol: /^wss?$/ })
    .default('wss://api.openai.com/v1/realtime')
    .describe('Any endpoint that speaks the OpenAI Realtime API'),
  OPENAI_AUTH_STYLE: z
    .enum(['bearer', 'azure'])
    .default('bearer')
    .describe('azure: the key goes in an api-key header and the address keeps its own query'),
  OPENAI_REALTIME_MODEL: z
    .string()
    .min(1)
    .default('gpt-realtime-2.1')
    .describe('The model that sockets are kept warm for before the first call names one'),
  CALL_CONTROL_URL: httpUrl()
    .default('http://127.0.0.1:8081')
    .describe('Private address of call-control, asked for a plan while NATS is away'),
  MAX_CALLS: z.coerce.number().int().min(1).max(5000).default(250).describe('Calls one pod holds'),
  POD_ID: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Name of this pod; default host name and process id'),
  POD_URL: httpUrl().optional().describe('Where call-control reaches this pod; default its own address'),
  WARM_SOCKETS: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .default(4)
    .describe('Sockets to the model kept open ahead of calls, for each model'),
  SPOOL_FACTS: z.coerce
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(20_000)
    .describe('Facts kept in memory while NATS is away'),
  SPOOL_DRAIN_MS: milliseconds(0, 60_000)
    .default(3000)
    .describe('How long a stopping pod waits for NATS to take the facts it still has'),
})
export type Config = z.output<typeof configSchema>
