import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type AgentsBridgeOptions = {
  /** `ws://…/v1/realtime` of a model, without its query. */
  modelUrl: string
  apiKey: string
  instructions: string
  /** What the assistant is asked for when the stream opens. */
  greeting: string
}

/** Something the bridge told of itself. */
export type BridgeFact = {
  listening?: number
  /** Type of a model event, as the SDK reports it. */
  event?: string
  /** The SDK cut its playback because the caller spoke. */
  interrupted?: boolean
  error?: unknown
}

const PROGRAM = join(import.meta.dirname, '../../third-party/agents-bridge.mjs')

/** The bridge made of OpenAI's agents SDK, as a process of its own. */
export class AgentsBridge {
  readonly facts: BridgeFact[] = []
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Starts the process; rejects with what it wrote to stderr when it ends instead of listening. */
  static start(options: AgentsBridgeOptions): Promise<AgentsBridge> {
    const child = spawn(process.execPath, [PROGRAM], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        MODEL_URL: options.modelUrl,
        MODEL_KEY: options.apiKey,
        INSTRUCTIONS: options.instructions,
        GREETING: options.greeting,
      },
    })
    const bridge = new AgentsBridge(child)
    return new Promise((resolve, reject) => {
      let complaint = ''
      child.stderr.on('data', (piece) => {
        complaint = `${complaint}${piece}`.slice(-4000)
      })
      child.once('exit', (code) => reject(new Error(`The bridge ended with ${code}: ${complaint}`)))
      createInterface({ input: child.stdout }).on('line', (line) => {
        const fact = JSON.parse(line) as BridgeFact
        bridge.facts.push(fact)
        if (fact.listening !== undefined) resolve(bridge)
      })
    })
  }

  get port(): number {
    return this.facts[0]?.listening ?? 0
  }

  /** Where a carrier asks for its document: answers every request with `<Connect><Stream>`. */
  get voiceUrl(): string {
    return `http://127.0.0.1:${this.port}/voice`
  }

  stop(): Promise<void> {
    if (this.#child.exitCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.kill('SIGTERM')
    })
  }
}
