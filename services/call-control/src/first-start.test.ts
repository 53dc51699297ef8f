import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashKey } from '@toritsugi/service-kit'
import { afterAll, expect, it } from 'vitest'
import { keepPreparing, prepareFirstStart } from './first-start.ts'

const folder = mkdtempSync(join(tmpdir(), 'first-start-'))
afterAll(() => rmSync(folder, { recursive: true }))

function scene(more: { keyFile?: string; knownKeys?: number; commitFails?: boolean } = {}) {
  const state = { hash: null as string | null, numbers: [] as string[], printed: '' }
  const prepare = () =>
    prepareFirstStart<null>({
      async inTransaction(work) {
        const result = await work(null)
        if (more.commitFails) throw new Error('no commit')
        return result
      },
      async insertFirstKey(_tx, keyHash) {
        if ((more.knownKeys ?? 0) > 0) return false
        state.hash = keyHash
        return true
      },
      async ensurePhoneNumber(_tx, number) {
        state.numbers.push(number)
      },
      defaultNumber: '+815012345600',
      keyFile: more.keyFile ?? null,
      print: (text) => {
        state.printed += text
      },
    })
  return { state, prepare }
}

it('makes a key, prints it once, and keeps its hash alone', async () => {
  const { state, prepare } = scene()
  await prepare()
  const key = /tsk_[\w-]{43}/.exec(state.printed)?.[0] ?? ''
  expect(hashKey(key)).toBe(state.hash)
  expect(state.numbers).toEqual(['+815012345600'])
})

it('writes it to the file it is told, for its owner alone, and prints nothing', async () => {
  const keyFile = join(folder, 'key')
  const { state, prepare } = scene({ keyFile })
  await prepare()
  expect(hashKey(readFileSync(keyFile, 'utf8').trim())).toBe(state.hash)
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  expect(state.printed).toBe('')
})

it('makes none where there is one', async () => {
  const { state, prepare } = scene({ knownKeys: 1 })
  await prepare()
  expect(state).toMatchObject({ hash: null, printed: '' })
})

it('shows none that was not kept', async () => {
  const { state, prepare } = scene({ commitFails: true })
  await expect(prepare()).rejects.toThrow('no commit')
  expect(state.printed).toBe('')
})

it('tries again until it can', async () => {
  let attempts = 0
  let done: () => void = () => {}
  const prepared = new Promise<void>((resolve) => {
    done = resolve
  })
  const failures: unknown[] = []
  const preparing = await keepPreparing(
    async () => {
      attempts += 1
      if (attempts === 1) throw new Error('away')
      done()
    },
    (err) => failures.push(err),
  )
  expect(attempts).toBe(1)
  await prepared
  preparing.stop()
  expect(failures).toHaveLength(1)
})
