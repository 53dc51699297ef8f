import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startChild } from './child.ts'
import { guardianScript } from './guardian.ts'
import { isAlive } from './pid.ts'

const node = (code: string) => startChild({ name: 'a child', command: process.execPath, args: ['-e', code] })

describe('a child', () => {
  it('is stopped by a signal, and by KILL when it does not listen', async () => {
    const deaf = await node("process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1e6)")
    await deaf.waitForLine(/up/, 5_000)
    expect(await deaf.stop('SIGTERM', 100)).toEqual({ code: null, signal: 'SIGKILL' })
    const polite = await node(
      "process.on('SIGTERM', () => process.exit(7)); console.log('up'); setInterval(() => {}, 1e6)",
    )
    await polite.waitForLine(/up/, 5_000)
    expect(await polite.stop('SIGTERM', 5_000)).toEqual({ code: 7, signal: null })
  })

  it('says why it is not ready', async () => {
    const dead = await node("console.error('no luck'); process.exit(3)")
    await expect(dead.waitForLine(/up/, 5_000)).rejects.toThrow('a child ended while starting (exit code 3).')
    expect(dead.lastLines()).toContain('no luck')
    const slow = await node('setInterval(() => {}, 1e6)')
    await expect(slow.waitForLine(/up/, 50)).rejects.toThrow('a child was not ready within 0 s.')
    await slow.stop('SIGKILL')
  })

  it('that cannot be started at all is a sentence', async () => {
    await expect(startChild({ name: 'Nothing', command: '/nowhere/nothing' })).rejects.toThrow(
      'Starting Nothing failed: not found (/nowhere/nothing).',
    )
  })
})

describe('the guardian', () => {
  it('stops what is still listed and removes folders when its owner is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'toritsugi-test-guardian-'))
    writeFileSync(join(folder, 'file'), '')
    const left = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore' })
    const deaf = spawn('/bin/sh', ['-c', "trap '' INT; while :; do sleep 1; done"], {
      detached: true,
      stdio: 'ignore',
    })
    const done = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore' })
    const guardian = spawn('/bin/sh', ['-c', guardianScript], { stdio: ['pipe', 'ignore', 'ignore'] })
    guardian.stdin.write(
      `pid ${done.pid}\npid ${left.pid}\npid ${deaf.pid}\ngone ${done.pid}\ndir ${folder}\n`,
    )
    // The end of its input is what it sees when its owner dies, in whatever way.
    guardian.stdin.end()
    await once(guardian, 'exit')
    expect(isAlive(left.pid as number)).toBe(false)
    expect(isAlive(deaf.pid as number)).toBe(false)
    expect(isAlive(done.pid as number)).toBe(true)
    expect(existsSync(folder)).toBe(false)
    done.kill('SIGKILL')
  }, 15_000)
})
