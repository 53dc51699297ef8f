import { Language } from '@toritsugi/contracts'
import { busVariables, databaseVariables, flag, milliseconds, serviceVariables } from '@toritsugi/service-kit'
import { z } from 'zod'
import { defaultPrices, type PriceList } from './core/price.ts'

const usd = z.number().min(0).max(100_000)
const tokenPrice = z.strictObject({ in: usd, cached: usd, out: usd })

/** One model's price in `MODEL_PRICES`: US dollars per million tokens, or per second of audio. */
const modelPrice = z.strictObject({
  text: tokenPrice.default({ in: 0, cached: 0, out: 0 }),
  audio: tokenPrice.default({ in: 0, cached: 0, out: 0 }),
  image: z.strictObject({ in: usd, cached: usd }).default({ in: 0, cached: 0 }),
  perSecond: usd.nullable().default(null),
})

const modelPrices = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue('must be JSON')
      return z.NEVER
    }
  })
  .pipe(z.record(z.string(), modelPrice))

/** Environment of realtime-session. */
export const sessionConfig = z.object({
  ...serviceVariables(8083),
  ...busVariables,
  ...databaseVariables,
  REALTIME_ENABLED: flag()
    .default(true)
    .describe('Kill switch: false lets no call talk to the speech model; callers hear an apology'),
  OPENAI_REALTIME_MODEL: z
    .string()
    .max(100)
    .default('gpt-realtime-2.1')
    .describe('Speech model of assistants that name none; "none" for none'),
  OPENAI_TRANSCRIPTION_MODEL: z
    .string()
    .max(100)
    .default('gpt-4o-mini-transcribe')
    .describe('Writes down what callers say; "none" for none'),
  DEFAULT_LANGUAGE: Language.default('ja-JP').describe(
    'Language of the assistant that is made at the first start',
  ),
  COMPANY_NAME: z.string().max(200).default('').describe('The company that assistant speaks for'),
  REPRESENTATIVE_NAME: z.string().max(100).default('').describe('The name that assistant goes by'),
  GREETING: z.string().max(500).default('').describe('Its first words; made from the above when not set'),
  OPENAI_REALTIME_VOICE: z.string().max(64).default('marin').describe('Its voice'),
  SLOW_TOOL_MS: milliseconds(200, 30_000)
    .default(1500)
    .describe('A tool that takes longer is bridged by a spoken phrase'),
  HTTP_TOOL_PRIVATE_HOSTS: z
    .string()
    .max(10_000)
    .optional()
    .describe(
      'Hosts of HTTP tools that may have addresses which are not public, parted by commas; * for all. Default: none, in the local profile all',
    ),
  MODEL_PRICES: modelPrices
    .optional()
    .describe(
      'JSON: prices by model that replace the built-in ones, {"model": {"text": {"in", "cached", "out"}, "audio": {…}, "perSecond"}}',
    ),
  CARRIER_INBOUND_USD_PER_MINUTE: z.coerce
    .number()
    .min(0)
    .max(100)
    .default(0.0125)
    .describe('What a started minute of an inbound call costs, streams included'),
  CARRIER_OUTBOUND_USD_PER_MINUTE: z.coerce
    .number()
    .min(0)
    .max(100)
    .default(0.018)
    .describe('The same for outbound calls'),
})
export type SessionConfig = z.output<typeof sessionConfig>

/** `none` → null. */
export const modelOrNull = (name: string): string | null => (name === 'none' ? null : name)

export function pricesOf(config: Pick<SessionConfig, 'MODEL_PRICES'>): PriceList {
  return { ...defaultPrices, ...config.MODEL_PRICES }
}

export function privateHostsOf(config: Pick<SessionConfig, 'PROFILE' | 'HTTP_TOOL_PRIVATE_HOSTS'>): string[] {
  const listed = config.HTTP_TOOL_PRIVATE_HOSTS ?? (config.PROFILE === 'local' ? '*' : '')
  return listed
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '')
}
