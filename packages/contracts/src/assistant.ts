import { z } from 'zod'
import { AssistantId, Instant, Language } from './ids.ts'

/** What an assistant is told about the company it speaks for: its instructions are built from it. */
export const ConversationSettings = z
  .strictObject({
    companyName: z.string().max(200).default(''),
    serviceName: z.string().max(200).default(''),
    representativeName: z.string().max(100).default(''),
    targetDepartment: z.string().max(200).default(''),
    serviceDescription: z.string().max(4000).default(''),
    targetPerson: z.string().max(200).default(''),
    salesPitch: z.string().max(4000).default(''),
    greeting: z.string().max(500).default(''),
    language: Language.default('ja-JP'),
  })
  .meta({ id: 'ConversationSettings' })
export type ConversationSettings = z.infer<typeof ConversationSettings>

/** A tool that is an HTTP endpoint of the integrator's own. */
export const HttpTool = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be lower case words joined by hyphens'),
    description: z.string().min(1).max(1000),
    /** JSON Schema (draft 2020-12) of the arguments; an object. */
    parameters: z.record(z.string(), z.unknown()),
    url: z.url({ protocol: /^https?$/ }),
    method: z.enum(['GET', 'POST']).default('POST'),
    headers: z.record(z.string(), z.string()).default({}),
    timeoutMs: z.number().int().min(100).max(30_000).default(8000),
    /** Further attempts after a network fault or a 429/5xx; only for endpoints that may be asked twice. */
    retries: z.number().int().min(0).max(3).default(0),
  })
  .meta({ id: 'HttpTool' })
export type HttpTool = z.infer<typeof HttpTool>

export const AssistantContent = z
  .strictObject({
    name: z.string().min(1).max(100),
    settings: ConversationSettings,
    voice: z.string().min(1).max(64).default('marin'),
    /** Null: the model of the configuration. */
    model: z.string().min(1).max(100).nullable().default(null),
    /** Added after the built instructions. */
    extraInstructions: z.string().max(8000).default(''),
    tools: z
      .strictObject({
        endCall: z.boolean().default(true),
        takeMessage: z.boolean().default(true),
        http: z.array(HttpTool).max(20).default([]),
      })
      .default({ endCall: true, takeMessage: true, http: [] }),
    turnDetection: z
      .strictObject({
        threshold: z.number().min(0).max(1).default(0.5),
        prefixPaddingMs: z.number().int().min(0).max(2000).default(300),
        silenceDurationMs: z.number().int().min(100).max(5000).default(200),
      })
      .default({ threshold: 0.5, prefixPaddingMs: 300, silenceDurationMs: 200 }),
    callerSilence: z
      .strictObject({
        repromptAfterMs: z.number().int().min(1000).max(60_000).default(8000),
        reprompts: z.number().int().min(0).max(5).default(2),
      })
      .default({ repromptAfterMs: 8000, reprompts: 2 }),
  })
  .meta({ id: 'AssistantContent' })
export type AssistantContent = z.infer<typeof AssistantContent>

export const Assistant = z
  .strictObject({
    id: AssistantId,
    version: z.number().int().min(1),
    createdAt: Instant,
    content: AssistantContent,
  })
  .meta({ id: 'Assistant' })
export type Assistant = z.infer<typeof Assistant>

export const AssistantList = z.strictObject({ items: z.array(Assistant) }).meta({ id: 'AssistantList' })
export type AssistantList = z.infer<typeof AssistantList>
