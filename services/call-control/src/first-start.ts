import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { hashKey } from '@toritsugi/service-kit'

export type FirstStartDeps<Tx> = {
  inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  insertFirstKey(tx: Tx, keyHash: string): Promise<boolean>
  ensurePhoneNumber(tx: Tx, number: string): Promise<void>
  defaultNumber: string | null
  /** File that the key is written to, for the launcher of the local profile; null: it is printed. */
  keyFile: string | null
  print(text: string): void
}

/**
 * Makes what an empty database lacks: our number, and one API key that may do everything. The key is shown this
 * once; only its hash is kept.
 */
export async function prepareFirstStart<Tx>(deps: FirstStartDeps<Tx>): Promise<void> {
  const { defaultNumber, keyFile } = deps
  const key = `tsk_${randomBytes(32).toString('base64url')}`
  const made = await deps.inTransaction(async (tx) => {
    if (defaultNumber !== null) await deps.ensurePhoneNumber(tx, defaultNumber)
    if (!(await deps.insertFirstKey(tx, hashKey(key)))) return false
    // Before the commit: a key that nobody was shown must not count as the first one.
    if (keyFile !== null) await writeFile(keyFile, `${key}\n`, { mode: 0o600 })
    return true
  })
  if (made && keyFile === null) deps.print(`The first API key, shown this once: ${key}\n`)
}

/**
 * Prepares an empty database now, or as soon as it can be reached.
 * @returns after the first attempt, with the means to give up
 */
export async function keepPreparing(
  prepare: () => Promise<void>,
  failed: (err: unknown) => void,
): Promise<{ stop(): void }> {
  let again: NodeJS.Timeout | undefined
  const attempt = async (): Promise<void> => {
    try {
      await prepare()
    } catch (err) {
      failed(err)
      again = setTimeout(attempt, 1000)
    }
  }
  await attempt()
  return { stop: () => clearTimeout(again) }
}
