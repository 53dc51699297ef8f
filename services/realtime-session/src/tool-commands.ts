import { no, ok, type Reply } from '@toritsugi/bus'
import type { CallId, PlanReply, ToolReply } from '@toritsugi/contracts'
import type { ArgumentChecker } from './tools/argument-check.ts'
import { didNotWork, type Tool } from './tools/tool.ts'

export type RunStore = {
  /** Claims a run. Only one asker ever gets `begun`. */
  begin(run: {
    callId: CallId
    toolCallId: string
    name: string
    deadlineAt: Date
  }): Promise<{ is: 'begun' } | { is: 'running'; deadlineAt: Date } | { is: 'answered'; reply: ToolReply }>
  /** Stores the answer unless there is one; returns the one that stands. */
  answer(run: { callId: CallId; toolCallId: string; reply: ToolReply }): Promise<ToolReply>
}

export type ToolRequest = {
  callId: CallId
  epoch: number
  toolCallId: string
  name: string
  /** JSON text as the model wrote it. */
  arguments: string
}

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }

/** A run is given up this long after its tool's own deadline: then whoever ran it is gone. */
const graceMs = 3000
const lookEachMs = 50

/**
 * Answers `cmd.v1.session.run-tool`: checks the arguments, runs the tool, and gives every repeat of a toolCallId
 * the first answer. A run that was cut off by a crash is not begun again, since what it did is not known.
 */
export function createToolCommands(deps: {
  runs: RunStore
  planOf(callId: CallId): Promise<PlanReply>
  /** The tools of the version of the assistant that the call was planned with. */
  toolsOf(planned: PlanReply): Promise<readonly Tool[]>
  openedEpoch(callId: CallId): Promise<number>
  checker: Pick<ArgumentChecker, 'check'>
  log: Log
  now?: () => number
}): { runTool(asked: ToolRequest): Promise<Reply<ToolReply>> } {
  const { runs, planOf, toolsOf, openedEpoch, checker, log, now = Date.now } = deps
  /** Runs of this process, so that a repeat need not look for its end in the database. */
  const running = new Map<string, Promise<ToolReply>>()

  const run = async (asked: ToolRequest, tool: Tool, planned: PlanReply): Promise<ToolReply> => {
    const { callId, toolCallId } = asked
    const checked = checker.check(tool.planned.parameters, asked.arguments)
    if (!checked.ok) return didNotWork('refused', checked.error)
    const signal = AbortSignal.timeout(tool.deadlineMs)
    const late = new Promise<ToolReply>((resolve) =>
      signal.addEventListener('abort', () =>
        // What the tool itself says about its end is better, and comes at once if it comes at all.
        setImmediate(() => resolve(didNotWork('timed-out', 'It took too long and was given up.'))),
      ),
    )
    const context = { callId, toolCallId, language: planned.language, signal }
    const ran = tool.run(checked.given, context).catch((err: unknown) => {
      log.warn({ err, callId, tool: asked.name }, 'tool failed')
      return didNotWork('failed', 'This does not work right now.')
    })
    return Promise.race([ran, late])
  }

  const runAndStore = async (asked: ToolRequest, tool: Tool, planned: PlanReply): Promise<ToolReply> => {
    const { callId, toolCallId, name } = asked
    const startedAt = now()
    const reply = await run(asked, tool, planned)
    log.info({ callId, tool: name, outcome: reply.outcome, ms: now() - startedAt }, 'tool run')
    return runs.answer({ callId, toolCallId, reply }).catch((err: unknown) => {
      log.warn({ err, callId, tool: name }, 'answer of a tool was not stored')
      return reply
    })
  }

  /** Waits for a run that another process (or one before this) began. */
  const awaitOther = async (asked: ToolRequest, deadlineAt: Date): Promise<ToolReply> => {
    const { callId, toolCallId, name } = asked
    while (now() < deadlineAt.getTime()) {
      await pause(Math.min(lookEachMs, deadlineAt.getTime() - now()))
      const state = await runs.begin({ callId, toolCallId, name, deadlineAt })
      if (state.is === 'answered') return state.reply
    }
    const reply = didNotWork('failed', 'It was interrupted; whether it was done is not known.')
    return runs.answer({ callId, toolCallId, reply })
  }

  const settle = async (asked: ToolRequest): Promise<ToolReply> => {
    const planned = await planOf(asked.callId)
    const tool = (await toolsOf(planned)).find((one) => one.planned.name === asked.name)
    if (tool === undefined) return didNotWork('refused', 'There is no such tool.')
    const deadlineAt = new Date(now() + tool.deadlineMs + graceMs)
    const state = await runs.begin({ ...asked, deadlineAt })
    switch (state.is) {
      case 'answered':
        return state.reply
      case 'running':
        return awaitOther(asked, state.deadlineAt)
      case 'begun':
        return runAndStore(asked, tool, planned)
    }
  }

  return {
    async runTool(asked) {
      const key = `${asked.callId}:${asked.toolCallId}`
      const same = running.get(key)
      if (same !== undefined) return ok(await same)
      if (asked.epoch < (await openedEpoch(asked.callId))) return no('call.stale-epoch')
      const known = running.get(key)
      if (known !== undefined) return ok(await known)
      const mine = settle(asked).finally(() => running.delete(key))
      running.set(key, mine)
      return ok(await mine)
    },
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
