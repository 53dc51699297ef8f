import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { mainOf } from './house/service-process.ts'
import type { Row } from './rows/row.ts'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'toritsugi-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Ended = { code: number; output: string }

const bench = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 110_000 }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === 'number' ? error.code : error ? -1 : 0,
        output: stdout + stderr,
      })
    })
  })

describe('the bench', () => {
  it('was compiled, and so was what it measures', () => {
    expect([main, mainOf('media-bridge')].filter((file) => !existsSync(file))).toEqual([])
  })

  it('measures the real bridge against the reference, and writes down what it found', {
    timeout: 120_000,
  }, async () => {
    const out = join(folder, 'results.json')
    const { output } = await bench('--quick', '--rows', 'cpu,clear,turn,integrity', '--out', out)
    const { rows, machine } = JSON.parse(readFileSync(out, 'utf8')) as {
      rows: Row[]
      machine: { node: string }
    }
    expect(machine.node).toBe(process.version)
    expect(rows.map((row) => row.id)).toEqual(['cpu-10', 'clear', 'share', 'greeting', 'integrity'])
    // Times are not judged here: others use the cores. That every byte came, and every answer, is.
    expect(output).not.toContain('not measured')
    const integrity = rows.at(-1) as Row
    expect(integrity).toMatchObject({ verdict: 'held', notes: [] })
    expect(integrity.measured).toMatch(/^0 of \d{4,} in \d+ runs$/)
    const [cpu, clear, share, greeting] = rows as [Row, Row, Row, Row]
    expect(cpu.figures.pairs).toHaveLength(1)
    expect(clear.figures).toMatchObject({ missing: 0, clearMs: { count: expect.any(Number) } })
    expect((clear.figures.clearMs as { count: number }).count).toBeGreaterThan(5)
    expect((share.figures.shareMs as { count: number }).count).toBeGreaterThan(5)
    expect(greeting.figures).toMatchObject({ missing: 0 })
  })

  it('says how it is used', async () => {
    const unknown = await bench('--rows', 'cpu,coffee')
    expect(unknown).toMatchObject({ code: 2, output: expect.stringContaining('Unknown rows: coffee') })
    expect((await bench('--coffee')).code).toBe(2)
  })
})
