import { readFileSync, writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import type { Brain } from './core/brain.ts'
import { brainFromJson } from './core/brain-json.ts'
import { DEFAULT_API_KEY, type Model, startModel } from './model.ts'

type Options = {
  port: number
  host: string
  apiKey: string
  brain?: string
  caFile?: string
  deployment: string[]
  seed?: number
}

const DEFAULT_PORT_BASE = 8080

/**
 * Starts a model from command-line arguments (without the program's name) and environment variables, of which the
 * arguments win. Throws an Error whose message is one clear sentence; a wrong argument throws a CommanderError.
 */
export async function runModel(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Model> {
  const options = readOptions(args, env)
  const brain = options.brain === undefined ? undefined : readBrain(options.brain)
  try {
    const model = await startModel({
      port: options.port,
      host: options.host,
      apiKey: options.apiKey,
      deployments: options.deployment,
      ...(brain === undefined ? {} : { brain }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
    })
    if (options.caFile !== undefined) writeFileSync(options.caFile, model.ca)
    return model
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new Error(`Port ${options.port} on ${options.host} is taken.`, { cause })
    throw cause
  }
}

function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const base = numberIn(env, 'TORITSUGI_PORT_BASE') ?? DEFAULT_PORT_BASE
  const port = numberIn(env, 'MODEL_PORT') ?? base + 7
  return new Command('sim:model')
    .description(
      'A model with the OpenAI Realtime API over WebSocket, chat completions and speech over HTTP, with and without TLS on one port.',
    )
    .option('-p, --port <number>', 'port to listen on', whole, port)
    .option('--host <address>', 'address to listen on', env.MODEL_HOST ?? '127.0.0.1')
    .option('--api-key <key>', 'the one key that is accepted', env.MODEL_API_KEY ?? DEFAULT_API_KEY)
    .option('--brain <file>', 'rules for what to say, as JSON', env.MODEL_BRAIN)
    .option('--ca-file <file>', 'write the certificate authority for wss here', env.MODEL_CA_FILE)
    .option('--deployment <name>', 'a further model name to accept (may be repeated)', collect, [])
    .option('--seed <number>', 'makes ids and delta lengths repeatable', whole)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<Options>()
}

function readBrain(path: string): Brain {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new Error(`The brain ${path} cannot be read: ${String(cause)}`, { cause })
  }
  const made = brainFromJson(json)
  if ('problem' in made) throw new Error(`The brain ${path} is wrong: ${made.problem.message}`)
  return made.brain
}

function numberIn(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const value = env[name]
  if (value === undefined || value === '') return undefined
  if (/^\d+$/.test(value)) return Number(value)
  throw new Error(`${name} is '${value}', which is not a whole number.`)
}

function whole(value: string): number {
  const parsed = Number(value)
  if (!Number.isInteger(parsed) || parsed < 0)
    throw new InvalidArgumentError(`'${value}' is not a whole number.`)
  return parsed
}

function collect(value: string, before: string[]): string[] {
  return [...before, value]
}
