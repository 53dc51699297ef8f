import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { birthOf, isAlive } from '@toritsugi/embedded-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeCheckout } from './checkout-lock.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toritsugi-test-lock-'))
  file = join(folder, 'lock.json')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const quiet = () => {}
const nobody = { pid: 2 ** 22 + 1, birth: 'long ago' }

function leave(left: {
  owner: { pid: number; birth: string | null }
  children?: object[]
  host?: string
}): void {
  writeFileSync(file, JSON.stringify({ host: hostname(), guardian: null, children: [], ...left }))
}

describe('the lock of a checkout', () => {
  it('is refused to a second one, with the number of the first, and is gone after the release', async () => {
    const lock = await takeCheckout(file, quiet)
    await expect(takeCheckout(file, quiet)).rejects.toThrow(
      `Toritsugi already runs from this checkout (process ${process.pid}): stop it with Ctrl-C first.`,
    )
    lock.release()
    expect(existsSync(file)).toBe(false)
    ;(await takeCheckout(file, quiet)).release()
  })

  it('left by a process that is gone is taken over', async () => {
    leave({ owner: nobody })
    const lock = await takeCheckout(file, quiet)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ owner: { pid: process.pid } })
    lock.release()
  })

  it('is taken over when its process number belongs to a later process by now', async () => {
    leave({ owner: { pid: process.pid, birth: 'another birth' } })
    ;(await takeCheckout(file, quiet)).release()
  })

  it.each(['', '{"host":', '{}', 'null'])('cut short while being written (%j) is nobody’s', async (text) => {
    writeFileSync(file, text)
    ;(await takeCheckout(file, quiet)).release()
  })

  it('of another machine is believed', async () => {
    leave({ owner: nobody, host: 'elsewhere' })
    await expect(takeCheckout(file, quiet)).rejects.toThrow(/runs from this checkout on elsewhere/)
  })

  it('ends what a killed start left running, and only that', async () => {
    const orphan = spawn('/bin/sleep', ['600'], { stdio: 'ignore' })
    const stranger = spawn('/bin/sleep', ['600'], { stdio: 'ignore' })
    const [orphanPid, strangerPid] = [orphan.pid as number, stranger.pid as number]
    const exit = once(orphan, 'exit')
    leave({
      owner: nobody,
      children: [
        { pid: orphanPid, birth: birthOf(orphanPid) },
        { pid: strangerPid, birth: 'somebody before' },
      ],
    })
    const said: string[] = []
    const lock = await takeCheckout(file, (line) => said.push(line))
    await exit
    expect(said).toEqual(['ending 1 processes that an earlier start left behind'])
    expect(isAlive(strangerPid)).toBe(true)
    stranger.kill()
    lock.release()
  })

  it('goes to one of many that find a stale one at once', async () => {
    leave({ owner: nobody })
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => takeCheckout(file, quiet)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
