import type { Bus } from '@toritsugi/bus'
import { type CallId, runTool, type SessionPlan, type ToolReply } from '@toritsugi/contracts'
import { cancelledOutput } from '@toritsugi/realtime-protocol'
import { redact } from '@toritsugi/redact'
import type { Facts } from './bridge-events.ts'
import { type DialogueRecord, writeDown } from './core/dialogue-record.ts'
import {
  noTools,
  stepTools,
  type ToolCall,
  type ToolCommand,
  type ToolEvent,
  type ToolOutcome,
  type ToolRounds,
} from './core/tool-round.ts'

export type ToolEars = {
  /** The result of a call, for the model. `asked`: the session it was asked in, to tell whether it knows the call. */
  result(call: ToolCall, output: string, session: number): void
  /** Every result of a response is in. `last` is what its last tool wants done next. */
  allIn(responseId: string, next: ToolReply['next']): void
  /** It takes long. */
  slow(): void
}

/** The tools of one call: asked of realtime-session, once per `call_id`. */
export type ToolRunner = {
  called(responseId: string, completed: boolean, calls: readonly ToolCall[], session: number): void
  isRunning(): boolean
  /** Call ids whose results are not in yet: a new session is not told of them before. */
  running(): readonly string[]
  tick(now: number): void
  /** Nobody waits for results any more; what runs is told as cancelled. */
  close(): void
}

/** What the bus is waited for beyond the tool's own time. */
const marginMs = 2000
const longestMs = 35_000
const mostText = 20_000

export function toolRunner(parts: {
  callId: CallId
  epoch: number
  plan: SessionPlan
  bus: Pick<Bus, 'request'>
  facts: Facts
  dialogue: DialogueRecord
  ears: ToolEars
}): ToolRunner {
  const { callId, epoch, plan, bus, facts, dialogue, ears } = parts
  let rounds: ToolRounds = noTools()
  let isClosed = false
  const begun = new Map<string, { session: number; at: number; call: ToolCall }>()
  const nextOf = new Map<string, ToolReply['next']>()
  const responseOf = new Map<string, string>()

  const step = (event: ToolEvent): void => {
    const { state, commands } = stepTools(rounds, event)
    rounds = state
    for (const command of commands) act(command)
  }

  const act = (command: ToolCommand): void => {
    switch (command.type) {
      case 'run':
        void run(command.call)
        return
      case 'answer-cancelled':
        tellCalled(command.call)
        answer(command.call, 'cancelled', cancelledOutput)
        return
      case 'all-in': {
        const next = nextOf.get(command.responseId) ?? { what: 'talk-on' }
        nextOf.delete(command.responseId)
        ears.allIn(command.responseId, next)
        return
      }
      case 'bridge':
        ears.slow()
    }
  }

  const tellCalled = ({ callId: toolCallId, name, arguments: given }: ToolCall): void => {
    const args = redact(given).slice(0, mostText)
    facts.publish('tool.called', { toolCallId, epoch, name: name.slice(0, 64), arguments: args })
    writeDown(dialogue, `call ${toolCallId}`, { kind: 'tool-call', toolCallId, name, arguments: given })
  }

  const answer = (call: ToolCall, outcome: ToolOutcome, output: string): void => {
    const known = begun.get(call.callId)
    begun.delete(call.callId)
    facts.publish('tool.answered', {
      toolCallId: call.callId,
      epoch,
      name: call.name.slice(0, 64),
      outcome,
      output: redact(output).slice(0, mostText),
      ms: known === undefined ? 0 : Math.round(performance.now() - known.at),
    })
    writeDown(dialogue, `result ${call.callId}`, { kind: 'tool-result', toolCallId: call.callId, output })
    ears.result(call, output, known?.session ?? session)
  }

  let session = 1

  const run = async (call: ToolCall): Promise<void> => {
    tellCalled(call)
    const reply = await ask(call)
    if (isClosed || !begun.has(call.callId)) return
    const responseId = responseOf.get(call.callId) ?? ''
    responseOf.delete(call.callId)
    if (reply.next.what === 'end-call') nextOf.set(responseId, reply.next)
    answer(call, reply.outcome, reply.output)
    step({ type: 'answered', callId: call.callId })
  }

  const ask = async (call: ToolCall): Promise<ToolReply> => {
    const planned = plan.tools.find(({ name }) => name === call.name)
    if (planned === undefined) return failed('refused', 'there is no such tool')
    if (call.arguments.length > mostText) return failed('refused', 'the arguments are too long')
    const reply = await bus.request(
      runTool,
      { callId, epoch, toolCallId: call.callId, name: call.name, arguments: call.arguments },
      {
        key: `${callId}:${call.callId}`,
        timeoutMs: Math.min(planned.timeoutMs + marginMs, longestMs),
      },
    )
    if (reply.ok) return reply.value
    if (reply.code === 'bus.timed-out') return failed('timed-out', 'the tool did not answer in time')
    return reply.code.startsWith('tool.') && reply.code !== 'tool.failed'
      ? failed('refused', 'the tool could not be used like this')
      : failed('failed', 'the tool is not available now')
  }

  return {
    called(responseId, completed, calls, inSession) {
      session = inSession
      const at = performance.now()
      for (const call of calls) {
        if (begun.has(call.callId) || rounds.seen.includes(call.callId)) continue
        begun.set(call.callId, { session: inSession, at, call })
        responseOf.set(call.callId, responseId)
      }
      step({ type: 'called', responseId, completed, calls, at })
    },
    isRunning: () => rounds.running.length > 0,
    running: () => rounds.running.map(({ call }) => call.callId),
    tick(now) {
      if (rounds.running.length > 0) step({ type: 'ticked', at: now, slowAfterMs: plan.slowToolMs })
    },
    close() {
      if (isClosed) return
      for (const { call } of rounds.running) answer(call, 'cancelled', cancelledOutput)
      isClosed = true
      step({ type: 'abandoned' })
    },
  }
}

/** The model is told in general words; what really failed is in the log of the service that ran it. */
const failed = (outcome: 'failed' | 'timed-out' | 'refused', why: string): ToolReply => ({
  outcome,
  output: JSON.stringify({ error: why }),
  next: { what: 'talk-on' },
})
