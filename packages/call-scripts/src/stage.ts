import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus } from '@toritsugi/bus'
import {
  type Carrier,
  type CarrierFault,
  type CarrierSwitches,
  type Model,
  startCarrier,
  startModel,
} from '@toritsugi/simulators'
import { useNats, usePostgres } from '@toritsugi/testkit'
import { afterAll, afterEach } from 'vitest'
import { FactLog } from './fact-log.ts'
import {
  choosePorts,
  type Process,
  type Program,
  programs,
  type ServicesOptions,
  startProgram,
} from './services.ts'
import { StagedCall } from './staged-call.ts'

const PHONE_NUMBER = '+815012345600'
const CALLER = '+819012345678'
const ACCOUNT_SID = `AC${'5'.repeat(32)}`
const AUTH_TOKEN = 'the-call-scripts-auth-token'

export type StageOptions = {
  switches?: Partial<CarrierSwitches>
  env?: ServicesOptions['env']
}

/**
 * The whole house for one test file: a database and a nats-server of its own, the five services and the edge as
 * processes, both simulators. Closed after the file. After each test the simulators' debuggers must be empty but
 * for what the script announced, and no program may have logged an error that was not announced.
 */
export class Stage {
  readonly carrier: Carrier
  readonly model: Model
  readonly bus: Bus
  readonly facts: FactLog
  readonly #options: ServicesOptions
  readonly #processes = new Map<Program, Process>()
  readonly #announced: RegExp[] = []
  readonly #calls: StagedCall[] = []

  private constructor(parts: Pick<Stage, 'carrier' | 'model' | 'bus' | 'facts'>, options: ServicesOptions) {
    this.carrier = parts.carrier
    this.model = parts.model
    this.bus = parts.bus
    this.facts = parts.facts
    this.#options = options
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const postgres = await usePostgres()
    const nats = await useNats()
    const ports = await choosePorts()
    const publicUrl = `http://127.0.0.1:${ports.edge}`
    const carrier = await startCarrier({
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      switches: { allowInsecureStreams: true, ...options.switches },
      numbers: [
        {
          phoneNumber: PHONE_NUMBER,
          voiceUrl: `${publicUrl}/api/twilio/voice`,
          voiceFallbackUrl: `${publicUrl}/api/twilio/fallback`,
          statusCallback: `${publicUrl}/api/twilio/status`,
        },
      ],
    })
    const model = await startModel()
    const folder = mkdtempSync(join(tmpdir(), 'toritsugi-stage-'))
    const servicesOptions: ServicesOptions = {
      databaseUrl: (role) => postgres.url(role),
      natsUrl: nats.url,
      carrier: { url: carrier.url, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN },
      model: { url: model.url, apiKey: model.apiKey },
      phoneNumber: PHONE_NUMBER,
      apiKeyFile: join(folder, 'api-key'),
      ports,
      ...(options.env === undefined ? {} : { env: options.env }),
    }
    const bus = await connectBus({ url: nats.url, name: 'call-scripts' })
    const stage = new Stage({ carrier, model, bus, facts: await FactLog.open(bus) }, servicesOptions)
    afterEach(() => stage.#verify())
    afterAll(async () => {
      await stage.#close()
      rmSync(folder, { recursive: true, force: true })
    })
    await Promise.all(programs.map((program) => stage.start(program)))
    return stage
  }

  get publicUrl(): string {
    return `http://127.0.0.1:${this.#options.ports.edge}`
  }

  /** Somebody dials the company's number. Resolves when the call was answered by somebody or something. */
  async callerDials(options: { from?: string; faults?: readonly CarrierFault[] } = {}): Promise<StagedCall> {
    const { from = CALLER, faults = [] } = options
    const phone = this.carrier.phones.dialIn({ from, to: PHONE_NUMBER, faults })
    await phone.waitForAnswer()
    const started = await this.facts.waitFor('call.started', (f) => f.data.carrierCallId === phone.callSid)
    const call = new StagedCall(this, phone, started.subject as string)
    this.#calls.push(call)
    return call
  }

  /** The house hangs up by closing the stream, which the carrier always writes down ("Error 31921: Stream - WebSocket - Close Error"). */
  announceHangUp(): void {
    this.announce(/"31921"/)
  }

  /** Says beforehand what the simulators' debuggers or the programs' logs will complain about. */
  announce(...complaints: RegExp[]): void {
    this.#announced.push(...complaints)
  }

  async start(program: Program): Promise<void> {
    this.#processes.set(program, await startProgram(program, this.#options))
  }

  /** As a power cut. */
  async kill(program: Program): Promise<void> {
    const running = this.#processes.get(program)
    running?.child.kill('SIGKILL')
    await running?.child.exited
  }

  /** GET at the REST API with the first API key. */
  async get(path: string): Promise<Response> {
    const key = readFileSync(this.#options.apiKeyFile, 'utf8').trim()
    return fetch(`${this.publicUrl}${path}`, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(10_000),
    })
  }

  /** PUT at the REST API with the first API key. */
  async put(path: string, body: unknown): Promise<Response> {
    const key = readFileSync(this.#options.apiKeyFile, 'utf8').trim()
    return fetch(`${this.publicUrl}${path}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
  }

  #complaints(): string[] {
    const carrier = this.carrier.debugger.entries.map((entry) => `carrier: ${JSON.stringify(entry)}`)
    const model = this.model.debugger.entries.map((entry) => `model: ${JSON.stringify(entry)}`)
    const logs = [...this.#processes.values()].flatMap((process) => process.errors)
    return [...carrier, ...model, ...logs]
  }

  #verify(): void {
    for (const call of this.#calls.splice(0)) call.leave()
    const unannounced = this.#complaints().filter(
      (line) => !this.#announced.some((known) => known.test(line)),
    )
    this.#announced.length = 0
    this.carrier.debugger.clear()
    this.model.debugger.clear()
    this.carrier.faults.clear()
    this.model.faults.clear()
    for (const process of this.#processes.values()) process.errors.length = 0
    if (unannounced.length > 0) throw new Error(`There were complaints:\n${unannounced.join('\n')}`)
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#processes.values()].map(({ child }) => child.stop('SIGTERM', 10_000)))
    await this.bus.close()
    await this.carrier.stop()
    await this.model.stop()
  }
}
