import type { CallId, PlannedTool, ToolReply } from '@toritsugi/contracts'

/** What a tool is told beside its arguments. */
export type ToolContext = {
  callId: CallId
  /** The model's id of this use: a repeat of it has no second effect. */
  toolCallId: string
  /** Of the call, as a language tag. */
  language: string
  /** Aborted when the answer would come too late. */
  signal: AbortSignal
}

export type ToolArguments = { readonly [name: string]: unknown }

/** One thing the assistant may do. */
export type Tool = {
  /** As the model is told of it; `parameters` are what the arguments are checked by before each run. */
  planned: PlannedTool
  /** The longest it works, ms. `planned.timeoutMs` is a little longer, so that our own answer comes first. */
  deadlineMs: number
  /** Whatever it throws becomes an answer that tells the model nothing but that it did not work. */
  run(given: ToolArguments, context: ToolContext): Promise<ToolReply>
}

/** The model is waited for this much longer than the tool works, ms. */
export const answerMarginMs = 1000

/** The longest output a model is given, in UTF-16 units; the rest is cut. */
export const longestOutput = 16_000

export const talkOn = (output: unknown): ToolReply => ({
  outcome: 'done',
  output: JSON.stringify(output),
  next: { what: 'talk-on' },
})

/** It did not work; `error` is one sentence that the model can talk about. */
export const didNotWork = (outcome: Exclude<ToolReply['outcome'], 'done'>, error: string): ToolReply => ({
  outcome,
  output: JSON.stringify({ error }),
  next: { what: 'talk-on' },
})
