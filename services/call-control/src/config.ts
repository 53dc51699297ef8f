import { E164, Language } from '@toritsugi/contracts'
import { busVariables, databaseVariables, secret, serviceVariables } from '@toritsugi/service-kit'
import { z } from 'zod'

const origin = z
  .url({ protocol: /^https?$/ })
  .refine((url) => new URL(url).pathname === '/' && new URL(url).search === '', {
    error: 'must be an address without path, like https://calls.example.com',
  })
  .transform((url) => new URL(url).origin)

export const callControlConfig = z
  .object({
    ...serviceVariables(8081),
    ...busVariables,
    ...databaseVariables,
    PUBLIC_URL: origin.describe(
      'https://host[:port] as the carrier was told; signatures are checked against it',
    ),
    STREAM_TOKEN_SECRET: secret(32).describe('Signs the tokens of media streams; shared with media-bridge'),
    TWILIO_ACCOUNT_SID: z
      .string()
      .regex(/^AC[0-9a-f]{32}$/, 'must be an Account SID (AC…)')
      .describe('Twilio account'),
    TWILIO_AUTH_TOKEN: secret(8).describe("The account's auth token: it also signs the carrier's webhooks"),
    TWILIO_API_URL: z
      .url({ protocol: /^https?$/ })
      .default('https://api.twilio.com')
      .describe("The carrier's REST API"),
    DEFAULT_PHONE_NUMBER: E164.optional().describe('A number of ours, made at the first start'),
    DEFAULT_LANGUAGE: Language.default('ja-JP').describe('Spoken when a call has no plan'),
    FIRST_API_KEY_FILE: z
      .string()
      .optional()
      .describe('Local profile: file that the first API key is written to'),
    MESSAGE_MAX_SECONDS: z.coerce.number().int().min(5).max(600).default(120).describe('Longest message, s'),
  })
  .refine((config) => config.PROFILE === 'local' || config.PUBLIC_URL.startsWith('https://'), {
    error: 'must be https outside the local profile: the carrier opens streams by wss only',
    path: ['PUBLIC_URL'],
  })

export type CallControlConfig = z.output<typeof callControlConfig>
