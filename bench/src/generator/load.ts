import { coreBusyMs, cpuMsOf, residentKibOf } from '../measure/process-accounting.ts'
import { median } from '../measure/statistics.ts'
import { FRAME_MS, MOST_CALLS, seeded } from './audio-code.ts'
import { CarrierLine } from './carrier-line.ts'
import type { LoadCall, ModelHost } from './load-call.ts'
import { LoadRecords } from './load-records.ts'
import type { LoadResult, LoadSpec } from './load-types.ts'
import type { ModelServer } from './model-server.ts'
import type { ModelSession } from './model-session.ts'
import { type Integrity, sumOf } from './stream-check.ts'

const TICK_MS = 1
const MEMORY_EVERY_MS = 250
/** What is on its way at the end may take this long. */
const DRAIN_MS = 5000
/** And the subject this long to close its sockets to the model. */
const CLOSE_MS = 6000

/**
 * Runs one load from the first call to the last hang-up.
 * Frames of all calls are sent from one loop: each call has a place of its own in the 20 ms, chosen by the seed.
 * @param beside stranger: takes the sessions that are for no call of the load; signal: ends the measured time
 */
export async function runLoad(
  spec: LoadSpec,
  model: ModelServer,
  beside: { stranger?: (session: ModelSession) => void; signal?: AbortSignal } = {},
): Promise<LoadResult> {
  if (spec.calls.length > MOST_CALLS) throw new Error(`at most ${MOST_CALLS} calls can be told apart`)
  const records = new LoadRecords()
  const calls = spec.calls.map((_, index) => newCall(index, spec, records))
  const host: ModelHost = {
    records,
    rhythm: spec.rhythm,
    asksForGreeting: spec.asksForGreeting,
    callOf: (index) => calls[index],
    stranger: beside.stranger,
  }
  model.attend(host)
  const pump = startPump(calls, records, spec)
  try {
    await until(() => pump.allOpened(), openingMs(spec))
    await pause(spec.settleMs)
    const measured = await measure(spec, records, beside.signal)
    pump.holdFrames()
    await until(() => calls.every(settled), spec.drainMs ?? DRAIN_MS)
    const greetingsMissing = calls.filter((call) => Number.isNaN(call.greetingModelMs)).length
    for (const call of calls) call.line.stop()
    await until(() => model.boundSessions() === 0, CLOSE_MS)
    if (model.boundSessions() > 0) records.fault('sessions left open after the call')
    return resultOf(calls, records, measured, greetingsMissing)
  } finally {
    pump.stop()
    for (const call of calls) {
      call.line.stop()
      call.session?.close()
    }
    model.attend(undefined)
  }
}

function newCall(index: number, spec: LoadSpec, records: LoadRecords): LoadCall {
  const call: LoadCall = {
    index,
    session: undefined,
    greetingModelMs: Number.NaN,
    greetingWarm: false,
    clearAskedAt: Number.NaN,
    line: new CarrierLine(index, spec.calls[index] as LoadSpec['calls'][number], records, {
      firstAudio(now) {
        if (!call.greetingWarm) records.coldGreetings++
        else records.greeting.record(now - call.line.startedAt - call.greetingModelMs)
      },
      cleared(now) {
        if (records.measuring && !Number.isNaN(call.clearAskedAt)) {
          records.clearsSeen++
          records.clear.record(now - call.clearAskedAt)
        }
        call.clearAskedAt = Number.NaN
      },
      ended() {},
    }),
  }
  return call
}

type Pump = { allOpened(): boolean; holdFrames(): void; stop(): void }

/** Opens the calls at their rate, then keeps every call's 20 ms. */
function startPump(calls: readonly LoadCall[], records: LoadRecords, spec: LoadSpec): Pump {
  const random = seeded(spec.seed)
  const phases = calls.map(() => random() * FRAME_MS).toSorted((a, b) => a - b)
  const began = performance.now()
  let cursor = 0
  let opened = 0
  let held = false
  const tick = () => {
    const now = performance.now()
    let inThisTick = 0
    const shouldBeOpen = Math.min(calls.length, 1 + Math.floor(((now - began) / 1000) * spec.callsPerSecond))
    while (opened < shouldBeOpen) (calls[opened++] as LoadCall).line.open()
    for (;;) {
      const place = cursor % calls.length
      const dueAt = began + Math.floor(cursor / calls.length) * FRAME_MS + (phases[place] as number)
      if (dueAt > now) break
      const lagMs = now - dueAt
      if (records.measuring && lagMs > records.lagMs) records.lagMs = lagMs
      if (lagMs > records.worstLagMs) records.worstLagMs = lagMs
      cursor++
      // A generator that is behind must not forget to read over it.
      if (++inThisTick > calls.length) break
      const call = calls[place] as LoadCall
      if (held || !call.line.flowing) continue
      const at = performance.now()
      call.line.sendFrame(at)
      call.session?.tick(at)
    }
  }
  const timer = setInterval(tick, TICK_MS)
  return {
    allOpened: () => opened === calls.length && calls.every((call) => !Number.isNaN(call.line.startedAt)),
    holdFrames() {
      held = true
      for (const call of calls) call.line.toModel.pause()
    },
    stop: () => clearInterval(timer),
  }
}

type Measured = {
  ms: number
  relayed: number
  subjectCpuMs: number
  othersOnCore: number
  generatorCpu: number
  residentKib: LoadResult['residentKib']
}

async function measure(
  spec: LoadSpec,
  records: LoadRecords,
  signal: AbortSignal | undefined,
): Promise<Measured> {
  const pid = spec.subjectPid
  const resident: number[] = []
  const sampler = setInterval(() => {
    if (pid !== null) resident.push(residentKibOf(pid))
  }, MEMORY_EVERY_MS)
  const began = performance.now()
  const ownBefore = cpuMsOf(process.pid)
  const coreBefore = spec.subjectCore === null ? 0 : coreBusyMs(spec.subjectCore)
  const before = pid === null ? 0 : cpuMsOf(pid)
  const relayedBefore = records.relayed
  records.measuring = true
  await pause(spec.measureMs, signal)
  records.measuring = false
  clearInterval(sampler)
  const subjectMs = pid === null ? 0 : cpuMsOf(pid) - before
  const coreMs = spec.subjectCore === null ? 0 : coreBusyMs(spec.subjectCore) - coreBefore
  const ownMs = cpuMsOf(process.pid) - ownBefore
  const ms = performance.now() - began
  return {
    ms,
    relayed: records.relayed - relayedBefore,
    subjectCpuMs: subjectMs,
    othersOnCore: Math.max(0, coreMs - subjectMs) / ms,
    generatorCpu: ownMs / ms,
    residentKib: {
      median: median(resident),
      least: Math.min(...resident),
      most: Math.max(...resident),
    },
  }
}

function resultOf(
  calls: readonly LoadCall[],
  records: LoadRecords,
  measured: Measured,
  greetingsMissing: number,
): LoadResult {
  const toModel: Integrity = sumOf(calls.map((call) => call.line.toModel.close()))
  const toCaller: Integrity = sumOf(calls.map((call) => call.line.toCaller.close()))
  return {
    calls: calls.length,
    toModel,
    toCaller,
    toModelMs: records.toModel.quantiles(),
    toCallerMs: records.toCaller.quantiles(),
    clearMs: records.clear.quantiles(),
    clearsMissing: records.clearsAsked - records.clearsSeen,
    shareMs: records.share.quantiles(),
    greetingMs: records.greeting.quantiles(),
    coldGreetings: records.coldGreetings,
    greetingsMissing,
    relayed: measured.relayed,
    measuredMs: measured.ms,
    subjectCpuMs: measured.subjectCpuMs,
    residentKib: measured.residentKib,
    othersOnCore: measured.othersOnCore,
    generatorCpu: measured.generatorCpu,
    generatorLagMs: records.lagMs,
    worstLagMs: records.worstLagMs,
    appendsPerRead: records.appendReads === 0 ? 0 : records.appends / records.appendReads,
    marksPerDelta: toCaller.sent === 0 ? 0 : records.marks / toCaller.sent,
    faults: records.faults,
  }
}

const settled = (call: LoadCall): boolean =>
  call.line.toModel.outstanding === 0 && call.line.toCaller.outstanding === 0

const openingMs = (spec: LoadSpec): number => (spec.calls.length / spec.callsPerSecond) * 1000 + 15_000

/** Waits for a time, or until the signal. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}

/** Waits until it is so, or until time is up: what is missing then shows in the counts. */
async function until(isSo: () => boolean, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!isSo() && performance.now() < deadline) await pause(10)
}
