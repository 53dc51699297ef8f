import { z } from 'zod'
import { Scope } from './api-key.ts'
import { Direction, IntentKind } from './call.ts'
import { ApiKeyId, AssistantId, CallId, E164, Epoch, Instant, Language, MessageId } from './ids.ts'
import { Mode } from './mode.ts'
import { DialogueItem, SessionPlan } from './plan.ts'
import { type ProblemCode, problems } from './problem.ts'
import { ToolCallId } from './tool.ts'

/** A request over the bus: one service is asked to do something, and answers. */
export type Command<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> = {
  /** `session`, `call`: a queue group of a service's pods. `bridge`: the one pod that holds the call. */
  readonly service: 'session' | 'call' | 'bridge'
  readonly verb: string
  readonly summary: string
  readonly request: Request
  readonly reply: Reply
  /** How long the asker waits when it does not say, ms. */
  readonly timeoutMs: number
}

const command = <Request extends z.ZodType, Reply extends z.ZodType>(
  service: Command['service'],
  verb: string,
  summary: string,
  request: Request,
  reply: Reply,
  timeoutMs: number,
): Command<Request, Reply> => ({ service, verb, summary, request, reply, timeoutMs })

const Done = z.strictObject({})

// ---- realtime-session --------------------------------------------------------------------------------------

export const PlanReply = z.strictObject({
  mode: Mode,
  modeReason: z.string().max(100),
  assistantId: AssistantId,
  assistantVersion: z.number().int().min(1),
  language: Language,
  /** Spoken when the call cannot be served, before the tone of the message. */
  apology: z.string().max(1000),
  /** Null in every mode but `realtime`. */
  plan: SessionPlan.nullable(),
})
export type PlanReply = z.infer<typeof PlanReply>

export const planSession = command(
  'session',
  'plan',
  'Decides mode, assistant and everything the voice needs. Idempotent by callId.',
  z.strictObject({
    callId: CallId,
    direction: Direction,
    from: E164.nullable(),
    to: E164,
    /** Assigned to the number; null: the default assistant. */
    assistantId: AssistantId.nullable(),
  }),
  PlanReply,
  800,
)

export const OpenReply = z.strictObject({
  plan: SessionPlan,
  /** What was said in earlier streams of this call; empty for epoch 1. */
  dialogue: z.array(DialogueItem).max(2000),
})
export type OpenReply = z.infer<typeof OpenReply>

export const openSession = command(
  'session',
  'open',
  'The plan of a call and the dialogue so far, for the pod that holds its stream.',
  z.strictObject({ callId: CallId, epoch: Epoch }),
  OpenReply,
  2000,
)

export const ToolReply = z.strictObject({
  outcome: z.enum(['done', 'failed', 'timed-out', 'refused']),
  /** JSON text for the model. */
  output: z.string().max(20_000),
  /** What the bridge does next: talk on, or say goodbye and end the call. */
  next: z.discriminatedUnion('what', [
    z.strictObject({ what: z.literal('talk-on') }),
    z.strictObject({ what: z.literal('end-call'), farewell: z.string().max(500).nullable() }),
  ]),
})
export type ToolReply = z.infer<typeof ToolReply>

export const runTool = command(
  'session',
  'run-tool',
  'Runs one tool of the assistant. A repeat of the same toolCallId gets the first answer.',
  z.strictObject({
    callId: CallId,
    epoch: Epoch,
    toolCallId: ToolCallId,
    name: z.string().max(64),
    /** JSON text as the model wrote it; checked by the receiver. */
    arguments: z.string().max(20_000),
  }),
  ToolReply,
  35_000,
)

// ---- call-control ------------------------------------------------------------------------------------------

export const intendCall = command(
  'call',
  'intend',
  'Commits what happens when the stream of this epoch ends. Asked before the stream is closed.',
  z.strictObject({ callId: CallId, epoch: Epoch, what: IntentKind, reason: z.string().max(100) }),
  Done,
  2000,
)

export const takeMessage = command(
  'call',
  'take-message',
  'Keeps a message that the assistant wrote down for the people of the company.',
  z.strictObject({
    callId: CallId,
    text: z.string().min(1).max(4000),
    /** Who it is from, as the caller said it. */
    callerName: z.string().max(200).nullable(),
    /** Where to call back, as the caller said it. */
    callbackNumber: z.string().max(40).nullable(),
  }),
  z.strictObject({ messageId: MessageId }),
  5000,
)

export const verifyKey = command(
  'call',
  'verify-key',
  'Whose API key this is, by the SHA-256 of the key.',
  z.strictObject({ keyHash: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.strictObject({
    key: z
      .strictObject({ id: ApiKeyId, name: z.string(), scope: Scope, expiresAt: Instant.nullable() })
      .nullable(),
  }),
  2000,
)

// ---- media-bridge: the pod that holds the call ---------------------------------------------------------------

const ofStream = { callId: CallId, epoch: Epoch }

export const bridgeSay = command(
  'bridge',
  'say',
  'The model speaks this; the wording is not guaranteed. Answered when it was heard.',
  z.strictObject({ ...ofStream, text: z.string().min(1).max(1000), interruptible: z.boolean() }),
  z.strictObject({ heardMs: z.number().int() }),
  30_000,
)

export const bridgeInject = command(
  'bridge',
  'inject',
  'Adds an item to the dialogue, and asks for an answer when wanted.',
  z.strictObject({ ...ofStream, item: DialogueItem, respond: z.boolean() }),
  Done,
  5000,
)

export const bridgeRelease = command(
  'bridge',
  'release',
  'Ends the running sentence, then is mute; the stream stays until the carrier stops it.',
  z.strictObject(ofStream),
  Done,
  10_000,
)

export const bridgeClose = command(
  'bridge',
  'close',
  'Closes the stream after the last mark; the intent was committed before.',
  z.strictObject({ ...ofStream, intent: IntentKind }),
  Done,
  30_000,
)

export const commands = [
  planSession,
  openSession,
  runTool,
  intendCall,
  takeMessage,
  verifyKey,
  bridgeSay,
  bridgeInject,
  bridgeRelease,
  bridgeClose,
] as const

/** `cmd.v1.<service>.<verb>`, or `cmd.v1.bridge.<callId>.<verb>` for the pod that holds the call. */
export const commandSubject = (command: Command, callId?: CallId | '*'): string =>
  command.service === 'bridge'
    ? `cmd.v1.bridge.${callId ?? '*'}.${command.verb}`
    : `cmd.v1.${command.service}.${command.verb}`

/** What travels to the answerer. The key makes a repeat harmless: it gets the first answer. */
export const CommandMessage = z.strictObject({
  key: z
    .string()
    .min(1)
    .max(200)
    .regex(/^\P{C}+$/u, 'must be printable'),
  body: z.unknown(),
})

const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]]

/** What travels back. */
export const ReplyMessage = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({
    ok: z.literal(false),
    code: z.enum(problemCodes),
    message: z.string().max(1000),
    retryable: z.boolean(),
  }),
])
export type ReplyMessage = z.infer<typeof ReplyMessage>
