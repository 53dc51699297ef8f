import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { explainError, StackFault } from '@toritsugi/embedded-servers'

/** The secrets of one local stack: made once, kept in a file that only its owner can read. */
export type Secrets = {
  streamToken: string
  /** Database passwords by role. */
  database: Record<'call_control' | 'realtime_session' | 'handoff' | 'transcript', string>
  /** Bus passwords by user. */
  bus: Record<BusUser, string>
  /** The simulated carrier's account. */
  carrierAccountSid: string
  carrierAuthToken: string
  /** The simulated model's key. */
  modelKey: string
}

export const busUsers = [
  'call-control',
  'media-bridge',
  'realtime-session',
  'handoff',
  'transcript',
  'observer',
] as const
export type BusUser = (typeof busUsers)[number]

/** Reads the secrets, making them when there are none yet. */
export function loadSecrets(file: string): Secrets {
  if (!existsSync(file)) saveSecrets(file, newSecrets())
  let stored: Partial<Secrets>
  try {
    stored = JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw explainError('Reading the local secrets', error)
    throw new StackFault(`${file} is damaged: remove it and start again; new secrets are made.`)
  }
  // What a later version added is made now; what there is stays.
  const fresh = newSecrets()
  const secrets: Secrets = {
    ...fresh,
    ...stored,
    database: { ...fresh.database, ...stored.database },
    bus: { ...fresh.bus, ...stored.bus },
  }
  if (JSON.stringify(secrets) !== JSON.stringify(stored)) saveSecrets(file, secrets)
  return secrets
}

/** Writes the secrets, whole or not at all. */
export function saveSecrets(file: string, secrets: Secrets): void {
  const fresh = `${file}.${process.pid}`
  try {
    writeFileSync(fresh, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
    renameSync(fresh, file)
  } catch (error) {
    throw explainError('Writing the local secrets', error)
  }
}

function newSecrets(): Secrets {
  return {
    streamToken: secret(),
    database: {
      call_control: secret(),
      realtime_session: secret(),
      handoff: secret(),
      transcript: secret(),
    },
    bus: Object.fromEntries(busUsers.map((user) => [user, secret()])) as Record<BusUser, string>,
    carrierAccountSid: `AC${randomBytes(16).toString('hex')}`,
    carrierAuthToken: randomBytes(16).toString('hex'),
    modelKey: `sk-local-${randomBytes(16).toString('hex')}`,
  }
}

/** Begins with a letter: nats-server would read a password of digits only, or like 12e4, as a number. */
function secret(): string {
  return `s${randomBytes(24).toString('hex')}`
}
