import { Fault } from '@toritsugi/contracts'
import type { z } from 'zod'
import { listenHost } from './common-config.ts'
import { ConfigError, type ConfigSchema, maskedConfig, readConfig } from './config.ts'
import type { Http } from './http.ts'
import { createLogger, type Logger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'

/** What every service's configuration has: see `serviceVariables`. */
type ServiceConfig = {
  PROFILE: 'local' | 'production'
  HOST?: string | undefined
  PORT: number
  LOG_LEVEL: string
  STOP_GRACE_MS: number
}

/** What a service is built from. */
export type ServiceParts<Config> = {
  config: Config
  log: Logger
  metrics: Metrics
  /** True from the moment the service was told to stop: then `/readyz` should fail. */
  isStopping(): boolean
}

/** A service that is built but does not listen yet. */
export type BuiltService = {
  app: Http
  /** Ends work that must not be cut off, before the server closes; within STOP_GRACE_MS. */
  drain?(): Promise<void>
  /** Closes what `app` does not: bus, relay, database. */
  close?(): Promise<void>
}

export type ServiceDefinition<Schema extends ConfigSchema> = {
  name: string
  config: Schema
  build(parts: ServiceParts<z.output<Schema>>): Promise<BuiltService>
  env?: Readonly<Record<string, string | undefined>>
}

/**
 * The whole life of a service's process: configuration, build, listen, and a graceful close on SIGTERM or
 * SIGINT (a second one ends it at once). What makes a start impossible is told in one sentence, with exit code 1.
 */
export async function startService<Schema extends ConfigSchema>(
  service: ServiceDefinition<Schema>,
): Promise<void> {
  let config: z.output<Schema> & ServiceConfig
  try {
    config = readConfig(service.config, service.env ?? process.env) as typeof config
  } catch (error) {
    return giveUp(service.name, error)
  }
  const log = createLogger({ service: service.name, level: config.LOG_LEVEL })
  const metrics = createMetrics(service.name)
  const state = { stopping: false }
  watchProcess(log)
  try {
    log.info(
      { config: maskedConfig(service.config, config), pid: process.pid, node: process.version },
      'service starting',
    )
    const host = listenHost(config)
    const built = await service.build({ config, log, metrics, isStopping: () => state.stopping })
    stopOnSignal(built, { log, graceMs: config.STOP_GRACE_MS, state })
    try {
      await built.app.listen({ host, port: config.PORT, backlog: 511 })
    } catch (error) {
      await built.close?.().catch(() => {})
      throw explainListen(error, host, config.PORT)
    }
    log.info({ host, port: config.PORT }, 'service started')
  } catch (error) {
    log.error({ err: error }, 'service cannot start')
    giveUp(service.name, error)
  }
}

function stopOnSignal(
  built: BuiltService,
  { log, graceMs, state }: { log: Logger; graceMs: number; state: { stopping: boolean } },
): void {
  const stop = async (signal: string): Promise<void> => {
    if (state.stopping) {
      log.warn({ signal }, 'service ended at once')
      process.exit(1)
    }
    state.stopping = true
    log.info({ signal }, 'service stopping')
    const startedAt = performance.now()
    // A net under the steps below, whatever they wait for.
    setTimeout(() => {
      log.error({ ms: graceMs + 5000 }, 'service did not stop in time')
      process.exit(1)
    }, graceMs + 5000).unref()
    let clean = true
    const step = async (name: string, work: Promise<unknown> | undefined) => {
      await work?.catch((err: unknown) => {
        clean = false
        log.error({ err, step: name }, 'service stops uncleanly')
      })
    }
    await step('drain', built.drain?.())
    await step('http', built.app.close())
    await step('close', built.close?.())
    log.info({ ms: Math.round(performance.now() - startedAt) }, 'service stopped')
    process.exit(clean ? 0 : 1)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
}

/** A rejection nobody caught is a bug in one task; after an exception nobody caught the state is not known. */
function watchProcess(log: Logger): void {
  process.on('unhandledRejection', (err) => log.error({ err }, 'rejection nobody caught'))
  process.on('uncaughtException', (err) => {
    log.error({ err }, 'exception nobody caught')
    process.exit(1)
  })
}

function explainListen(error: unknown, host: string, port: number): unknown {
  const code = (error as { code?: string }).code
  if (code === 'EADDRINUSE') {
    return new Error(`port ${port} on ${host} is taken; set PORT to another one`, { cause: error })
  }
  if (code === 'EACCES') return new Error(`this user may not listen on port ${port}`, { cause: error })
  if (code === 'EADDRNOTAVAIL') return new Error(`this machine has no address ${host}`, { cause: error })
  return error
}

function giveUp(name: string, error: unknown): void {
  const text =
    error instanceof ConfigError || error instanceof Fault || error instanceof Error
      ? error.message
      : String(error)
  process.stderr.write(`${name} cannot start: ${text}\n`)
  process.exit(1)
}
