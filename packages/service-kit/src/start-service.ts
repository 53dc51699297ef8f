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
  drain?: () => Promise<void>
  /** Closes what `app` does not: bus, relay, database. */
  close?: () => Promise<void>
}

export type ServiceDefinition<Schema extends ConfigSchema> = {
  name: string
  config: Schema
  build(parts: ServiceParts<z.output<Schema>>): Promise<BuiltService>
  /** The process it runs in; given by tests. */
  host?: HostProcess
}

/** The part of `process` that a service's life depends on. */
export type HostProcess = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stderr: { write(text: string): unknown }
  on(
    event: 'SIGTERM' | 'SIGINT' | 'unhandledRejection' | 'uncaughtException',
    then: (reason: unknown) => void,
  ): unknown
  exit(code: number): void
}

/**
 * The whole life of a service's process: configuration, build, listen, and a graceful close on SIGTERM or
 * SIGINT (a second one ends it at once). What makes a start impossible is told in one sentence, with exit code 1.
 */
export async function startService<Schema extends ConfigSchema>(
  service: ServiceDefinition<Schema>,
): Promise<void> {
  const host = service.host ?? (process as HostProcess)
  let config: z.output<Schema> & ServiceConfig
  try {
    config = readConfig(service.config, host.env) as typeof config
  } catch (error) {
    return giveUp(host, service.name, error)
  }
  const log = createLogger({ service: service.name, level: config.LOG_LEVEL })
  const metrics = createMetrics(service.name)
  const state = { stopping: false }
  watchProcess(host, log)
  try {
    log.info(
      { config: maskedConfig(service.config, config), pid: process.pid, node: process.version },
      'service starting',
    )
    const address = listenHost(config)
    const built = await service.build({ config, log, metrics, isStopping: () => state.stopping })
    stopOnSignal(host, built, { log, graceMs: config.STOP_GRACE_MS, state })
    try {
      await built.app.listen({ host: address, port: config.PORT, backlog: 511 })
    } catch (error) {
      await built.close?.().catch(() => {})
      throw explainListen(error, address, config.PORT)
    }
    log.info({ host: address, port: config.PORT }, 'service started')
  } catch (error) {
    log.error({ err: error }, 'service cannot start')
    giveUp(host, service.name, error)
  }
}

function stopOnSignal(
  host: HostProcess,
  built: BuiltService,
  { log, graceMs, state }: { log: Logger; graceMs: number; state: { stopping: boolean } },
): void {
  const stop = async (signal: string): Promise<void> => {
    if (state.stopping) {
      log.warn({ signal }, 'service ended at once')
      return host.exit(1)
    }
    state.stopping = true
    log.info({ signal }, 'service stopping')
    const startedAt = performance.now()
    let clean = true
    const step = async (name: string, atLeastMs: number, work: (() => Promise<unknown>) | undefined) => {
      const left = Math.max(atLeastMs, graceMs - (performance.now() - startedAt))
      try {
        if (work) await within(left, work())
      } catch (err) {
        clean = false
        log.error({ err, step: name }, 'service stops uncleanly')
      }
    }
    await step('drain', 0, built.drain)
    await step('http', 1000, () => built.app.close())
    await step('close', 2000, built.close)
    log.info({ ms: Math.round(performance.now() - startedAt) }, 'service stopped')
    host.exit(clean ? 0 : 1)
  }
  host.on('SIGTERM', () => void stop('SIGTERM'))
  host.on('SIGINT', () => void stop('SIGINT'))
}

/** @throws Error when `work` is not done after `ms` */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${Math.round(ms)} ms`)), ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A rejection nobody caught is a bug in one task; after an exception nobody caught the state is not known. */
function watchProcess(host: HostProcess, log: Logger): void {
  host.on('unhandledRejection', (err) => log.error({ err }, 'rejection nobody caught'))
  host.on('uncaughtException', (err) => {
    log.error({ err }, 'exception nobody caught')
    host.exit(1)
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

function giveUp(host: HostProcess, name: string, error: unknown): void {
  const text =
    error instanceof ConfigError || error instanceof Fault || error instanceof Error
      ? error.message
      : String(error)
  host.stderr.write(`${name} cannot start: ${text}\n`)
  host.exit(1)
}
