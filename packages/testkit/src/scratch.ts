import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeAfterwards } from '@toritsugi/embedded-servers'

/** A temporary folder that is gone after the run, also after Ctrl-C or kill -9. */
export function makeScratch(purpose: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `toritsugi-test-${purpose}-`))
  // Postgres runs as another user when we are root, and has to enter it.
  chmodSync(path, 0o755)
  removeAfterwards(path)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
