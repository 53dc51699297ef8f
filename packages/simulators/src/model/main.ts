import { readFileSync, writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import type { Brain } from './core/brain.ts'
import { brainFromJson } from './core/brain-json.ts'
import { DEFAULT_API_KEY, startModel } from './model.ts'

type CommandLine = {
  port: number
  host: string
  apiKey: string
  brain?: string
  caFile?: string
  deployment: string[]
  seed?: number
}

const base = Number(process.env.TORITSUGI_PORT_BASE ?? 8080)

const program = new Command('sim:model')
  .description('A speech model with the OpenAI Realtime API over WebSocket, ws and wss on one port.')
  .option('-p, --port <number>', 'port to listen on', whole, Number(process.env.MODEL_PORT ?? base + 7))
  .option('--host <address>', 'address to listen on', process.env.MODEL_HOST ?? '127.0.0.1')
  .option('--api-key <key>', 'the one key that is accepted', process.env.MODEL_API_KEY ?? DEFAULT_API_KEY)
  .option('--brain <file>', 'rules for what to say, as JSON', process.env.MODEL_BRAIN)
  .option('--ca-file <file>', 'write the certificate authority for wss here', process.env.MODEL_CA_FILE)
  .option('--deployment <name>', 'a further model name to accept (may be repeated)', collect, [])
  .option('--seed <number>', 'makes ids and delta lengths repeatable', whole)

run(program.parse().opts<CommandLine>()).catch((error: unknown) => {
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: String(error) }
  const { port } = program.opts<CommandLine>()
  process.stderr.write(code === 'EADDRINUSE' ? `Port ${port} is taken.\n` : `${message}\n`)
  process.exitCode = 1
})

async function run(line: CommandLine): Promise<void> {
  const model = await startModel({
    port: line.port,
    host: line.host,
    apiKey: line.apiKey,
    deployments: line.deployment,
    ...(line.brain === undefined ? {} : { brain: brainFile(line.brain) }),
    ...(line.seed === undefined ? {} : { seed: line.seed }),
  })
  if (line.caFile !== undefined) writeFileSync(line.caFile, model.ca)
  const { url, wssUrl, port } = model
  process.stdout.write(
    `${JSON.stringify({ level: 'info', service: 'model-simulator', url, wssUrl, port, msg: 'listening' })}\n`,
  )
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      model.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  }
}

function brainFile(path: string): Brain {
  const made = brainFromJson(JSON.parse(readFileSync(path, 'utf8')))
  if ('problem' in made) throw new Error(`${path}: ${made.problem.message}`)
  return made.brain
}

function whole(value: string): number {
  const parsed = Number(value)
  if (!Number.isInteger(parsed) || parsed < 0) throw new InvalidArgumentError('A whole number is wanted.')
  return parsed
}

function collect(value: string, before: string[]): string[] {
  return [...before, value]
}
