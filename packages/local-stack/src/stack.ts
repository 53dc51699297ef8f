import { join } from 'node:path'
import { requirePort, startNats, startPostgres } from '@toritsugi/embedded-servers'
import { busPasswords } from './checkout/bus-passwords.ts'
import { takeCheckout } from './checkout/checkout-lock.ts'
import { checkout, type Folders } from './checkout/folders.ts'
import { loadSecrets, type Secrets } from './checkout/secrets.ts'
import { readApiKey } from './parts/api-key.ts'
import { prepareDatabase } from './parts/database.ts'
import { openLog } from './parts/log-file.ts'
import { type PartsContext, serviceSpecs } from './parts/part-specs.ts'
import { simulatorSpecs } from './parts/simulator-specs.ts'
import { createSupervisor, type Supervisor } from './parts/supervisor.ts'
import type { Progress } from './progress.ts'
import type { Settings } from './settings.ts'

/** A whole Toritsugi on this machine, every part of it ready. */
export type Stack = {
  settings: Settings
  secrets: Secrets
  natsUrl: string
  postgresUrl: string
  /** Where the database's data really is. */
  postgresData: string
  supervisor: Supervisor
  /** The REST API key; `isNew` when this start made it: then it is shown, once. */
  apiKey: { text: string; isNew: boolean; file: string } | null
}

/**
 * Takes the checkout and brings up servers, services and simulators. Whatever was begun is put into `begun`, so
 * that it can be stopped even when a later step fails.
 */
export async function startStack(
  settings: Settings,
  folders: Folders,
  progress: Progress,
  begun: { stop(): Promise<void> }[],
): Promise<Stack> {
  const notes: string[] = []
  const lock = await takeCheckout(folders.lock, (line) => notes.push(line))
  begun.push({ stop: async () => lock.release() })
  const secrets = loadSecrets(folders.secrets)
  await requireAllPorts(settings)

  const supervisor = createSupervisor({
    logs: folders.logs,
    cwd: checkout,
    // A Node that can keeps compiled code there, and starts faster the next time.
    env: { NODE_COMPILE_CACHE: join(folders.home, 'compile-cache'), ...process.env },
    record: lock.record,
  })
  begun.push(supervisor)

  const startDatabase = async () => {
    const log = openLog(folders.logs, 'postgres')
    const postgres = await startPostgres({ dataDir: folders.postgres, port: settings.ports.postgres, log })
    supervisor.adopt(postgres, 'Postgres')
    return postgres
  }
  const startBus = async () => {
    const nats = await startNats({
      storeDir: folders.nats,
      port: settings.ports.nats,
      log: openLog(folders.logs, 'nats'),
      configFile: join(checkout, 'deploy/nats/users.conf'),
      env: busPasswords(secrets),
    })
    supervisor.adopt(nats, 'NATS')
    return nats
  }
  const [postgres, nats] = await progress.step('starting Postgres and NATS', () =>
    bothOrNone(startDatabase(), startBus()),
  )
  await progress.step('migrating the database', async () => {
    const applied = await prepareDatabase(postgres.url, secrets.database)
    return applied.length > 0 ? `applied ${applied.join(', ')}` : 'up to date'
  })

  const keyBefore = readApiKey(folders.apiKey)
  const context: PartsContext = {
    checkout,
    settings,
    secrets,
    postgresUrl: postgres.url,
    natsUrl: nats.url,
    apiKeyFile: folders.apiKey,
  }
  const specs = [...simulatorSpecs(context), ...serviceSpecs(context)]
  await progress.step(startTitle(settings), () => supervisor.start(specs))
  const key = readApiKey(folders.apiKey)
  return {
    settings,
    secrets,
    natsUrl: nats.url,
    postgresUrl: postgres.url,
    postgresData: postgres.dataDir,
    supervisor,
    apiKey: key === null ? null : { text: key, isNew: key !== keyBefore, file: folders.apiKey },
  }
}

function startTitle({ realCarrier, realModel }: Settings): string {
  if (realCarrier && realModel) return 'starting the five services and the edge'
  const simulated = realCarrier
    ? "the model's simulator"
    : realModel
      ? "the carrier's simulator"
      : 'both simulators'
  return `starting the five services, the edge and ${simulated}`
}

/** Waits for both even when one fails, so that the other is known to the supervisor and gets stopped. */
async function bothOrNone<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return await Promise.all([one, other])
}

/** All ten at once, before anything is started: one sentence instead of a half-started stack. */
async function requireAllPorts({ ports, realCarrier, realModel }: Settings): Promise<void> {
  const wanted: [number, string, boolean][] = [
    [ports.edge, 'the edge', true],
    [ports.callControl, 'call-control', true],
    [ports.mediaBridge, 'media-bridge', true],
    [ports.realtimeSession, 'realtime-session', true],
    [ports.handoff, 'handoff', true],
    [ports.transcript, 'transcript', true],
    [ports.carrier, 'the carrier simulator', !realCarrier],
    [ports.model, 'the model simulator', !realModel],
    [ports.postgres, 'Postgres', true],
    [ports.nats, 'NATS', true],
  ]
  for (const [port, by, needed] of wanted) if (needed) await requirePort(port, by)
}
