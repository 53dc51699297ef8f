import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { explainError } from '@toritsugi/embedded-servers'

/** The top of the checkout this code lies in. */
export const checkout = join(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** Where the local stack keeps what it makes; ignored by git. */
export type Folders = {
  home: string
  logs: string
  postgres: string
  nats: string
  lock: string
  secrets: string
  /** The REST API key that was made at the first start. */
  apiKey: string
}

/** Makes the folders of the local stack; `home` (TORITSUGI_HOME) is `<checkout>/.toritsugi` unless said otherwise. */
export function makeFolders(home: string = join(checkout, '.toritsugi')): Folders {
  const folders = {
    home,
    logs: join(home, 'logs'),
    postgres: join(home, 'postgres'),
    nats: join(home, 'nats'),
    lock: join(home, 'lock.json'),
    secrets: join(home, 'secrets.json'),
    apiKey: join(home, 'api-key'),
  }
  try {
    mkdirSync(folders.logs, { recursive: true })
  } catch (error) {
    throw explainError('Creating the folder of the local stack', error)
  }
  return folders
}
