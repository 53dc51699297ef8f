import { z } from 'zod'
import type { Scope } from './api-key.ts'
import { Assistant, AssistantContent, AssistantList } from './assistant.ts'
import { CallDetail, CallList, CallState, Direction } from './call.ts'
import type { Service } from './channel.ts'
import { DeskList } from './handoff.ts'
import { AssistantId, CallId } from './ids.ts'
import { Mode } from './mode.ts'
import type { ProblemCode } from './problem.ts'
import { Transcript, TranscriptFormat } from './transcript.ts'

/** One operation of the REST API, as it is served, documented and checked. Paths are written `/calls/:id`. */
export type Operation = {
  readonly id: string
  readonly service: Service
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly scope: Scope
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  readonly status: 200 | 201 | 204
  readonly response: z.ZodType
  /** What may go wrong besides a bad request and a bad key. */
  readonly problems: readonly ProblemCode[]
}

const operation = <const O extends Operation>(o: O): O => o

export const Page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
})

export const listCalls = operation({
  id: 'listCalls',
  service: 'call-control',
  method: 'GET',
  path: '/api/v1/calls',
  summary: 'Calls, newest first',
  tag: 'calls',
  scope: 'viewer',
  query: Page.extend({
    state: CallState.optional(),
    direction: Direction.optional(),
    mode: Mode.optional(),
  }),
  status: 200,
  response: CallList,
  problems: [],
})

export const getCall = operation({
  id: 'getCall',
  service: 'call-control',
  method: 'GET',
  path: '/api/v1/calls/:id',
  summary: 'One call with timeline, latencies and cost',
  tag: 'calls',
  scope: 'viewer',
  params: z.strictObject({ id: CallId }),
  status: 200,
  response: CallDetail,
  problems: ['call.not-found'],
})

export const getTranscript = operation({
  id: 'getTranscript',
  service: 'transcript',
  method: 'GET',
  path: '/api/v1/calls/:id/transcript',
  summary: 'What was heard, in spoken order: JSON, plain text or WebVTT',
  tag: 'calls',
  scope: 'viewer',
  params: z.strictObject({ id: CallId }),
  /** Without a format the `Accept` header chooses; JSON when it has no preference. */
  query: z.strictObject({ format: TranscriptFormat.optional() }),
  status: 200,
  response: Transcript,
  problems: ['transcript.not-found'],
})

export const listAssistants = operation({
  id: 'listAssistants',
  service: 'realtime-session',
  method: 'GET',
  path: '/api/v1/assistants',
  summary: 'Assistants, each with its newest version',
  tag: 'assistants',
  scope: 'viewer',
  status: 200,
  response: AssistantList,
  problems: [],
})

export const getAssistant = operation({
  id: 'getAssistant',
  service: 'realtime-session',
  method: 'GET',
  path: '/api/v1/assistants/:id',
  summary: 'One assistant, its newest version',
  tag: 'assistants',
  scope: 'viewer',
  params: z.strictObject({ id: AssistantId }),
  status: 200,
  response: Assistant,
  problems: ['assistant.not-found'],
})

export const reviseAssistant = operation({
  id: 'reviseAssistant',
  service: 'realtime-session',
  method: 'PUT',
  path: '/api/v1/assistants/:id',
  summary: 'Makes a new version; calls that come in from now on get it',
  tag: 'assistants',
  scope: 'operator',
  params: z.strictObject({ id: AssistantId }),
  body: AssistantContent,
  status: 200,
  response: Assistant,
  problems: ['assistant.not-found'],
})

export const listDesks = operation({
  id: 'listDesks',
  service: 'handoff',
  method: 'GET',
  path: '/api/v1/desks',
  summary: 'Desks: who can take callers over',
  tag: 'desks',
  scope: 'viewer',
  status: 200,
  response: DeskList,
  problems: [],
})

export const operations = [
  listCalls,
  getCall,
  getTranscript,
  listAssistants,
  getAssistant,
  reviseAssistant,
  listDesks,
] as const satisfies readonly Operation[]
