import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { usePostgres } from '@toritsugi/testkit'
import { startOwnPostgres } from '@toritsugi/testkit/infra'
import pg from 'pg'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createRoles } from '../roles.ts'
import { schemaDiff, writeMigration } from './diff.ts'
import { markRolledBack, migrate } from './migrate.ts'
import { MigrationError } from './migration-error.ts'
import { prismaFolder } from './migration-files.ts'

const postgres = await usePostgres({ empty: true })
const scratch = mkdtempSync(join(tmpdir(), 'toritsugi-migrations-'))
afterAll(() => rmSync(scratch, { recursive: true }))

let url = ''
let folder = ''
let count = 0
beforeEach(async () => {
  url = await postgres.another()
  folder = join(scratch, String(count++))
  mkdirSync(join(folder, 'migrations'), { recursive: true })
  mkdirSync(join(folder, 'schema'), { recursive: true })
  cpSync(join(prismaFolder, 'schema/base.prisma'), join(folder, 'schema/base.prisma'))
  cpSync(join(prismaFolder, 'migrations/migration_lock.toml'), join(folder, 'migrations/migration_lock.toml'))
  writeFileSync(join(folder, 'schema/things.prisma'), model('Thing', 'id String @id'))
})

const model = (name: string, fields: string) =>
  `model ${name} {\n  ${fields}\n  @@map("${name.toLowerCase()}")\n  @@schema("handoff")\n}\n`

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const writeSql = (name: string, sql: string) => {
  mkdirSync(join(folder, 'migrations', name), { recursive: true })
  writeFileSync(join(folder, 'migrations', name, 'migration.sql'), sql)
}
const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof MigrationError ? error.reason : `${error}`),
  )

describe("the product's own migrations", () => {
  it('bring a fresh database to what the schema files say, and are then done', async () => {
    expect(await migrate({ url })).toEqual(['0001_initial'])
    expect(await migrate({ url })).toEqual([])
    expect(await schemaDiff({ url })).toBe('')
    const tables = await query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'handoff'",
    )
    expect(tables.map((row) => row.table_name)).toEqual(
      expect.arrayContaining(['outbox', 'inbox', 'command_key', 'timer']),
    )
  })

  it('are applied once when two start at the same time', async () => {
    const applied = await Promise.all([migrate({ url }), migrate({ url })])
    expect(applied.flat()).toEqual(['0001_initial'])
  })

  it('leave no other database behind', async () => {
    await schemaDiff({ url })
    expect(await query("SELECT datname FROM pg_database WHERE datname LIKE 'toritsugi_shadow%'")).toEqual([])
  })
})

describe('writing a migration', () => {
  it('puts the difference into the next folder, and nothing when there is none', async () => {
    expect(await writeMigration({ url, folder, name: 'initial' })).toBe('0001_initial')
    expect(await writeMigration({ url, folder, name: 'nothing' })).toBeNull()
    writeFileSync(join(folder, 'schema/things.prisma'), model('Thing', 'id String @id\n  size Int?'))
    expect(await schemaDiff({ url, folder })).toContain('ADD COLUMN     "size" INTEGER')
    expect(await writeMigration({ url, folder, name: 'sizes' })).toBe('0002_sizes')
    expect(await migrate({ url, folder })).toEqual(['0001_initial', '0002_sizes'])
    expect(await schemaDiff({ url, folder })).toBe('')
  })

  it('replaces a lone one from scratch', async () => {
    await writeMigration({ url, folder, name: 'initial' })
    writeFileSync(join(folder, 'schema/things.prisma'), model('Thing', 'id String @id\n  size Int?'))
    expect(await writeMigration({ url, folder, name: 'initial', replace: true })).toBe('0001_initial')
    await migrate({ url, folder })
    expect(
      await query(
        "SELECT 1 FROM information_schema.columns WHERE table_name = 'thing' AND column_name = 'size'",
      ),
    ).toHaveLength(1)
  })

  it('refuses bad names, and replacing one of several', async () => {
    await writeMigration({ url, folder, name: 'initial' })
    await expect(writeMigration({ url, folder, name: '../x' })).rejects.toThrow('lower-case')
    await expect(writeMigration({ url, folder, name: 'initial' })).rejects.toThrow('already')
    writeSql('0002_more', 'SELECT 1;')
    await expect(writeMigration({ url, folder, name: 'initial', replace: true })).rejects.toThrow(
      'only a lone',
    )
  })

  it('says what is wrong with a schema file', async () => {
    writeFileSync(join(folder, 'schema/things.prisma'), 'model Thing { id Nonsense @id }')
    await expect(schemaDiff({ url, folder })).rejects.toThrow(/Nonsense|attribute|valid/i)
  })
})

describe('a history that went wrong', () => {
  it('an edited migration is refused before anything is applied', async () => {
    writeSql('0001_first', 'CREATE TABLE one (id int);')
    await migrate({ url, folder })
    writeSql('0001_first', 'CREATE TABLE one (id bigint);')
    writeSql('0002_second', 'CREATE TABLE two (id int);')
    await expect(migrate({ url, folder })).rejects.toThrow(/0001_first was edited after it had been applied/)
    expect(await reasonOf(migrate({ url, folder }))).toBe('edited')
    expect(await query("SELECT to_regclass('two') AS two")).toEqual([{ two: null }])
  })

  it('a failing one says why, blocks, and goes on once it is declared rolled back', async () => {
    writeSql('0001_first', 'CREATE TABLE one (id int);')
    writeSql('0002_second', 'CREATE TABLE two (id int); INSERT INTO nowhere VALUES (1);')
    const failed = migrate({ url, folder })
    await expect(failed).rejects.toThrow(/^The migration 0002_second failed: No such table: nowhere$/)
    expect(await reasonOf(migrate({ url, folder }))).toBe('failed')
    await expect(migrate({ url, folder })).rejects.toThrow(/--rolled-back 0002_second/)
    writeSql('0002_second', 'CREATE TABLE two (id int);')
    await markRolledBack({ url, folder, migration: '0002_second' })
    expect(await migrate({ url, folder })).toEqual(['0002_second'])
  })

  it('one that only the database knows is told', async () => {
    writeSql('0001_first', 'CREATE TABLE one (id int);')
    writeSql('0002_second', 'CREATE TABLE two (id int);')
    await migrate({ url, folder })
    rmSync(join(folder, 'migrations/0002_second'), { recursive: true })
    writeSql('0003_third', 'CREATE TABLE three (id int);')
    expect(await reasonOf(migrate({ url, folder }))).toBe('diverged')
  })

  it('a script with functions and semicolons in texts is sent whole', async () => {
    writeSql(
      '0001_first',
      `CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN n * 2; END $$;\n` +
        `CREATE TABLE one (text text DEFAULT 'a;b');`,
    )
    await migrate({ url, folder })
    expect(await query('SELECT twice(21) AS n')).toEqual([{ n: 42 }])
  })

  it('a server that is away is told in one sentence', async () => {
    const away = migrate({ url: 'postgres://postgres@127.0.0.1:1/none', folder })
    await expect(away).rejects.toThrow(/cannot be reached/)
  })
})

describe('roles', async () => {
  // They belong to the whole server: other tests have their own passwords for them.
  const own = await startOwnPostgres()
  afterAll(() => own.close())
  const passwords = { call_control: 'a1', realtime_session: 'b1', handoff: 'c1', transcript: 'd1' }
  const urlOf = (database: string, role?: string, password = '') => {
    const address = new URL(own.url)
    address.pathname = `/${database}`
    if (role !== undefined) Object.assign(address, { username: role, password })
    return address.href
  }

  it('can be made before and after the tables, again and at once, in several databases', async () => {
    url = own.url
    await query('CREATE DATABASE one')
    await query('CREATE DATABASE two')
    await createRoles(urlOf('one'), passwords)
    await migrate({ url: urlOf('one') })
    await migrate({ url: urlOf('two') })
    const databases = ['one', 'two', 'one', 'two', 'one', 'two']
    await Promise.all(databases.map((database) => createRoles(urlOf(database), passwords)))
    for (const database of ['one', 'two']) {
      url = urlOf(database, 'handoff', 'c1')
      expect(await query('SELECT count(*)::int AS rows FROM handoff.outbox')).toEqual([{ rows: 0 }])
      await expect(query('SELECT 1 FROM transcript.outbox')).rejects.toThrow('permission denied')
    }
  })
})
