import { type Bus, connectBus } from '@toritsugi/bus'
import {
  type CallId,
  channels,
  type Envelope,
  type FactData,
  type FactType,
  newId,
  type Scope,
  type TurnId,
  verifyKey,
} from '@toritsugi/contracts'
import { createLogger, createMetrics, hashKey, readConfig } from '@toritsugi/service-kit'
import { type TestNats, useNats, usePostgres } from '@toritsugi/testkit'
import { afterAll } from 'vitest'
import { buildApp } from './build-app.ts'
import { type SessionConfig, sessionConfig } from './config.ts'

// The whole service on real servers, for tests; the parts of call-control and media-bridge are played by the test.

export const operatorKey = 'tk_operator_0123456789'
export const viewerKey = 'tk_viewer_0123456789'

export type Stage = Awaited<ReturnType<typeof openStage>>

/** Starts the service with these variables. It is stopped after the file. */
export async function openStage(env: Record<string, string> = {}, given?: TestNats) {
  const postgres = await usePostgres()
  const nats = given ?? (await useNats())
  const url = postgres.url('realtime_session')
  const config: SessionConfig = readConfig(sessionConfig, {
    PROFILE: 'local',
    NATS_URL: nats.url,
    DATABASE_URL: url,
    ...env,
  })
  const lines: string[] = []
  const log = createLogger({
    service: 'realtime-session',
    level: 'info',
    destination: { write: (line: string) => lines.push(line) },
  })
  const built = await buildApp({
    config,
    log,
    metrics: createMetrics('realtime-session'),
    isStopping: () => false,
  })
  const bus = await connectBus({ url: nats.url, name: 'test' })
  answerKeys(bus)
  const heard = await hearFacts(bus)
  afterAll(async () => {
    await built.drain?.()
    await built.app.close()
    await built.close?.()
    await bus.close()
  })
  let sequence = 0
  return {
    app: built.app,
    bus,
    url,
    lines,
    heard,
    /** Publishes a fact as its owner would; by default as the stream of epoch 1. */
    async say<Type extends FactType>(
      callId: CallId,
      type: Type,
      data: FactData<Type>,
      over: { source?: string; sequence?: number; id?: Envelope['id'] } = {},
    ): Promise<Envelope> {
      const epoch = 'epoch' in data && typeof data.epoch === 'number' ? data.epoch : null
      const envelope: Envelope = {
        specversion: '1.0',
        id: over.id ?? newId('evt'),
        type,
        source: over.source ?? (epoch === null ? '/call-control' : `/media-bridge/${epoch}`),
        subject: callId,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        sequence: over.sequence ?? ++sequence,
        data,
      }
      await bus.publish(envelope)
      return envelope
    },
  }
}

function answerKeys(bus: Bus): void {
  const scopes: Record<string, Scope> = { [hashKey(operatorKey)]: 'operator', [hashKey(viewerKey)]: 'viewer' }
  bus.answer(verifyKey, async ({ keyHash }) => {
    const scope = scopes[keyHash]
    const key = scope === undefined ? null : { id: newId('key'), name: scope, scope, expiresAt: null }
    return { ok: true, value: { key } }
  })
}

/** Every fact that is published, in order; `next` waits for the first that fits. */
async function hearFacts(bus: Bus) {
  const facts: Envelope[] = []
  const waiting = new Set<() => void>()
  await bus.on({
    durable: 'test',
    channels,
    async handle(fact) {
      facts.push(fact as Envelope)
      for (const look of waiting) look()
    },
  })
  const next = (fits: (fact: Envelope) => boolean, withinMs = 10_000): Promise<Envelope> =>
    new Promise((resolve, reject) => {
      const give = (settle: () => void) => {
        clearTimeout(timer)
        waiting.delete(look)
        settle()
      }
      const look = () => {
        const found = facts.find(fits)
        if (found !== undefined) give(() => resolve(found))
      }
      const timer = setTimeout(() => give(() => reject(new Error('the fact never came'))), withinMs)
      waiting.add(look)
      look()
    })
  return { facts, next }
}

export const turnId = (n: number): TurnId => `turn_${String(n).padStart(32, '0')}` as TurnId

/** A turn that ended, with defaults for what a test does not care about. */
export function endedTurn(
  n: number,
  by: 'caller' | 'assistant',
  text: string | null,
  epoch = 1,
): FactData<'turn.ended'> {
  return {
    turnId: turnId(n),
    epoch,
    order: n,
    by,
    itemId: `item_${n}`,
    startMs: n * 1000,
    endMs: n * 1000 + 800,
    form: 'speech',
    text,
    heardMs: by === 'assistant' ? 800 : null,
    interrupted: false,
    approximate: false,
    responseMs: null,
    ourShareMs: null,
  }
}
