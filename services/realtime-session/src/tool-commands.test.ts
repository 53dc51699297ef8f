import type { CallId, PlanReply, ToolReply } from '@toritsugi/contracts'
import { describe, expect, it } from 'vitest'
import { createToolCommands, type RunStore, type ToolRequest } from './tool-commands.ts'
import { createArgumentChecker } from './tools/argument-check.ts'
import { type Tool, talkOn } from './tools/tool.ts'

const callId = `call_${'1'.repeat(32)}` as CallId
const planned = { language: 'en-US' } as PlanReply
const asked = (over: Partial<ToolRequest> = {}): ToolRequest => ({
  callId,
  epoch: 1,
  toolCallId: 'c1',
  name: 'work',
  arguments: '{}',
  ...over,
})
const tool = (run: Tool['run'], deadlineMs = 5000): Tool => ({
  deadlineMs,
  planned: {
    name: 'work',
    description: 'Works',
    parameters: { type: 'object' },
    timeoutMs: deadlineMs + 1000,
  },
  run,
})

/** Runs as several processes see them. */
function sharedRuns() {
  const rows = new Map<string, { deadlineAt: Date; reply: ToolReply | null }>()
  const store: RunStore = {
    async begin({ toolCallId, deadlineAt }) {
      const row = rows.get(toolCallId)
      if (row === undefined) {
        rows.set(toolCallId, { deadlineAt, reply: null })
        return { is: 'begun' }
      }
      return row.reply === null
        ? { is: 'running', deadlineAt: row.deadlineAt }
        : { is: 'answered', reply: row.reply }
    },
    async answer({ toolCallId, reply }) {
      const row = rows.get(toolCallId) ?? expect.unreachable()
      row.reply ??= reply
      return row.reply
    },
  }
  return { store, rows }
}

const pod = (runs: RunStore, one: Tool, over: { openedEpoch?: number; log?: string[] } = {}) =>
  createToolCommands({
    runs,
    planOf: async () => planned,
    toolsOf: async () => [one],
    openedEpoch: async () => over.openedEpoch ?? 1,
    checker: createArgumentChecker(),
    log: { info() {}, warn: (_fields, message) => over.log?.push(message) },
  })
const settledOf = async (reply: ReturnType<ReturnType<typeof pod>['runTool']>) => {
  const settled = await reply
  return settled.ok ? settled.value : expect.fail(settled.code)
}

describe('a tool', () => {
  it('runs once for a toolCallId, however often and wherever it is asked', async () => {
    let runs = 0
    let finish = () => {}
    const working = new Promise<void>((resolve) => {
      finish = resolve
    })
    const one = tool(async () => {
      runs++
      await working
      return talkOn({ run: runs })
    })
    const { store } = sharedRuns()
    const [here, there] = [pod(store, one), pod(store, one)]
    const replies = [here.runTool(asked()), here.runTool(asked()), there.runTool(asked())]
    finish()
    for (const reply of replies) expect((await settledOf(reply)).output).toBe('{"run":1}')
    expect((await settledOf(there.runTool(asked()))).output).toBe('{"run":1}')
    expect(runs).toBe(1)
    expect((await settledOf(here.runTool(asked({ toolCallId: 'c2' })))).output).toBe('{"run":2}')
  })

  it('is not run again when the process that ran it is gone: what it did is not known', async () => {
    const { store, rows } = sharedRuns()
    rows.set('c1', { deadlineAt: new Date(Date.now() + 120), reply: null })
    const one = tool(async () => expect.unreachable())
    const reply = await settledOf(pod(store, one).runTool(asked()))
    expect(reply).toMatchObject({ outcome: 'failed', output: expect.stringContaining('not known') })
    expect(await settledOf(pod(store, one).runTool(asked()))).toEqual(reply)
  })

  it('is given up at its deadline, even when it does not listen', async () => {
    const deaf = tool(() => new Promise(() => {}), 50)
    expect(await settledOf(pod(sharedRuns().store, deaf).runTool(asked()))).toMatchObject({
      outcome: 'timed-out',
      next: { what: 'talk-on' },
    })
  })

  it('may fail in any way: the model is told nothing but that', async () => {
    const log: string[] = []
    const broken = tool(async () => {
      throw new Error('password=hunter2')
    })
    const reply = await settledOf(pod(sharedRuns().store, broken, { log }).runTool(asked()))
    expect(reply).toMatchObject({ outcome: 'failed' })
    expect(reply.output).not.toContain('hunter2')
    expect(log).toEqual(['tool failed'])
  })

  it('answers although its answer cannot be stored', async () => {
    const { store } = sharedRuns()
    const away: RunStore = { ...store, answer: () => Promise.reject(new Error('database away')) }
    const one = tool(async () => talkOn({ ok: 1 }))
    expect(await settledOf(pod(away, one).runTool(asked()))).toMatchObject({ output: '{"ok":1}' })
  })

  it('is refused when it is not known or its arguments do not fit, without a run', async () => {
    const one = tool(async () => expect.unreachable())
    one.planned.parameters = { type: 'object', required: ['a'] }
    const here = pod(sharedRuns().store, one)
    expect(await settledOf(here.runTool(asked()))).toMatchObject({ outcome: 'refused' })
    expect(await settledOf(here.runTool(asked({ toolCallId: 'c2', name: 'other' })))).toMatchObject({
      outcome: 'refused',
    })
  })

  it('is refused to the pod of an older stream', async () => {
    const one = tool(async () => expect.unreachable())
    expect(await pod(sharedRuns().store, one, { openedEpoch: 2 }).runTool(asked())).toMatchObject({
      ok: false,
      code: 'call.stale-epoch',
    })
  })
})
