import { randomInt } from 'node:crypto'
import { makeCertificate } from './certificate.ts'
import { answerControl } from './control.ts'
import type { Brain, Manner } from './core/brain.ts'
import { DEFAULT_MANNER } from './core/brain.ts'
import { RECEPTIONIST } from './core/receptionist.ts'
import { Debugger } from './debugger.ts'
import { type Fault, FaultList } from './faults.ts'
import { HttpApi } from './http/http-api.ts'
import type { RequestLog } from './http/request-log.ts'
import { ModelServer } from './model-server.ts'
import { Random } from './random.ts'
import type { RealtimeSession } from './session.ts'
import { DEFAULT_SWITCHES, type ModelSwitches } from './switches.ts'

export type ModelOptions = {
  /** 0 (the default) takes a free one. */
  port?: number
  /** Loopback unless told otherwise. */
  host?: string
  apiKey?: string
  brain?: Brain
  manner?: Partial<Manner>
  switches?: Partial<ModelSwitches>
  faults?: readonly Fault[]
  /** Model names besides OpenAI's own, such as Azure deployments. */
  deployments?: readonly string[]
  /** Same seed, same ids and delta lengths. */
  seed?: number
}

/** A running model server and everything a test may look at or change. */
export type Model = {
  /** `ws://…/v1/realtime`, to which clients add `?model=…`. */
  url: string
  /** The same port with TLS. */
  wssUrl: string
  /** `http://…/v1`, the base URL of clients for chat and speech. */
  baseUrl: string
  /** The same with TLS. */
  secureBaseUrl: string
  /** The authority to trust for `wssUrl`, in PEM. */
  ca: string
  port: number
  apiKey: string
  sessions: readonly RealtimeSession[]
  /** Requests for chat and speech. */
  requests: RequestLog
  faults: FaultList
  debugger: Debugger
  /** Live: changes hold for what happens next. */
  switches: ModelSwitches
  /** Replaces the rules: what is answered from now on goes by these, in open sessions too. */
  setBrain(brain: Brain): void
  /** The nth session (from 0) that was opened, past or future. Rejects after `timeoutMs`. */
  waitForSession(index?: number, timeoutMs?: number): Promise<RealtimeSession>
  stop(): Promise<void>
}

export const DEFAULT_API_KEY = 'sk-simulated-key-for-local-use'

/**
 * Starts the API on a real port: `ws` and `http` and, by the same port, `wss` and `https` with a certificate made now.
 * Rejects when the port is taken.
 */
export async function startModel(options: ModelOptions = {}): Promise<Model> {
  const host = options.host ?? '127.0.0.1'
  const certificate = await makeCertificate(host)
  const switches = { ...DEFAULT_SWITCHES, ...options.switches }
  const faults = new FaultList(options.faults)
  const record = new Debugger()
  const apiKey = options.apiKey ?? DEFAULT_API_KEY
  const manner = { ...DEFAULT_MANNER, ...options.manner }
  let brain = options.brain ?? RECEPTIONIST
  const setBrain = (rules: Brain) => {
    brain = rules
  }
  const seed = options.seed ?? randomInt(2 ** 31)
  const deployments = options.deployments ?? []
  const given = { brain: () => brain, manner, switches, faults, debugger: record }
  const api = new HttpApi({ apiKey, deployments, random: new Random(seed + 1), ...given })
  const server = new ModelServer({
    certificate,
    admission: { apiKey, deployments, switches, faults },
    seed,
    surroundings: () => given,
    answer: (request, response) => {
      if (!request.url?.startsWith('/_sim/')) {
        void api.answer(request, response)
        return
      }
      answerControl(request, response, {
        sessions: server.sessions,
        requests: api.log,
        faults,
        debugger: record,
        switches,
        setBrain,
        ca: certificate.ca,
      })
    },
  })
  const port = await server.listen(options.port ?? 0, host)
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    url: `ws://${at}/v1/realtime`,
    wssUrl: `wss://${at}/v1/realtime`,
    baseUrl: `http://${at}/v1`,
    secureBaseUrl: `https://${at}/v1`,
    ca: certificate.ca,
    port,
    apiKey,
    sessions: server.sessions,
    requests: api.log,
    faults,
    debugger: record,
    switches,
    setBrain,
    waitForSession: (index = 0, timeoutMs = 10_000) => server.waitForSession(index, timeoutMs),
    stop: () => server.stop(),
  }
}

export type { Brain, Ending, Rule, ToolCall, When } from './core/brain.ts'
export { brainFromJson } from './core/brain-json.ts'
export { RECEPTIONIST } from './core/receptionist.ts'
export type { Said as SaidInSession, Situation, Trigger } from './core/situation.ts'
export type { DebugEntry as ModelDebugEntry } from './debugger.ts'
export type { Fault as ModelFault, Moment as ModelMoment } from './faults.ts'
export type { RequestRecord as ModelRequest } from './http/request-log.ts'
export type { RealtimeSession, UnderstoodTurn } from './session.ts'
export type { ModelSwitches } from './switches.ts'
