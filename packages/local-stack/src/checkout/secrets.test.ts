import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busPasswords } from './bus-passwords.ts'
import { loadSecrets } from './secrets.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'toritsugi-test-secrets-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the local secrets', () => {
  it('are made once, for their owner alone', () => {
    const file = join(folder, 'one.json')
    const made = loadSecrets(file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(loadSecrets(file)).toEqual(made)
    expect(made.streamToken.length).toBeGreaterThanOrEqual(32)
    expect(made.carrierAccountSid).toMatch(/^AC[0-9a-f]{32}$/)
    const all = [
      made.streamToken,
      made.carrierAuthToken,
      ...Object.values(made.database),
      ...Object.values(made.bus),
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  it('keep what there is when a later version needs more', () => {
    const file = join(folder, 'older.json')
    const { bus, ...rest } = loadSecrets(join(folder, 'one.json'))
    const { observer: _, ...fewer } = bus
    writeFileSync(file, JSON.stringify({ ...rest, bus: fewer }))
    const read = loadSecrets(file)
    expect(read).toMatchObject({ ...rest, bus: fewer })
    expect(read.bus.observer).toMatch(/^s[0-9a-f]{48}$/)
    expect(loadSecrets(file)).toEqual(read)
  })

  it('begin with a letter where nats-server reads them', () => {
    const names = busPasswords(loadSecrets(join(folder, 'one.json')))
    const configured = readFileSync(new URL('../../../../deploy/nats/users.conf', import.meta.url), 'utf8')
    const wanted = [...configured.matchAll(/password: \$(\w+)/g)].map(([, name]) => name)
    expect(Object.keys(names).sort()).toEqual(wanted.sort())
    for (const password of Object.values(names)) expect(password).toMatch(/^[a-z]/)
  })

  it('that are damaged are a sentence, not a stack', () => {
    const file = join(folder, 'broken.json')
    writeFileSync(file, '{"streamToken":')
    expect(() => loadSecrets(file)).toThrow(/broken\.json is damaged: remove it and start again/)
  })
})
