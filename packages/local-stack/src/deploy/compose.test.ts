import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigSchema, configVariables, readConfig } from '@toritsugi/service-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkout } from '../checkout/folders.ts'

type ComposeService = {
  image: string
  command?: string[]
  environment?: Record<string, string | number>
  build?: { context: string; dockerfile: string }
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  profiles?: string[]
  ports?: string[]
  volumes?: string[]
}
type Compose = { services: Record<string, ComposeService>; volumes: Record<string, unknown> }

const text = readFileSync(join(checkout, 'docker-compose.yml'), 'utf8')
const compose = parse(text, { merge: true }) as Compose
const dockerfile = readFileSync(join(checkout, 'deploy/docker/Dockerfile'), 'utf8')
const ours = [...readdirSync(join(checkout, 'services')), 'edge']

/** A part's schema lies in its own package, which shows it to nobody: this test looks at the file. */
async function schemaOf(name: string): Promise<ConfigSchema> {
  const folder = name === 'edge' ? 'packages/edge' : `services/${name}`
  const module = (await import(join(checkout, folder, 'src/config.ts'))) as Record<string, unknown>
  const schemas = Object.values(module).filter(
    (value) => typeof value === 'object' && value && 'shape' in value,
  )
  expect(schemas, `${folder}/src/config.ts exports one schema`).toHaveLength(1)
  return schemas[0] as ConfigSchema
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'toritsugi-test-compose-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What deploy/docker/make-env.mjs writes, with the blanks filled in. */
function madeEnvironment(...args: string[]): Record<string, string> {
  const top = mkdtempSync(join(folder, 'top-'))
  mkdirSync(join(top, 'deploy/docker'), { recursive: true })
  const script = join(top, 'deploy/docker/make-env.mjs')
  copyFileSync(join(checkout, 'deploy/docker/make-env.mjs'), script)
  execFileSync(process.execPath, [script, ...args], { stdio: 'pipe' })
  const lines = readFileSync(join(top, '.env'), 'utf8').trim().split('\n')
  const blanks: Record<string, string> = {
    PUBLIC_URL: 'https://calls.example.com',
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: '0'.repeat(32),
    OPENAI_API_KEY: 'sk-example',
  }
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', value = ''] = line.split(/=(.*)/s)
      return [name, value === '' || value === 'https://' ? (blanks[name] ?? '') : value]
    }),
  )
}

/** Replaces `${NAME:?…}` and `${NAME:-default}` as docker compose does. */
function interpolate(value: string, env: Record<string, string>): string {
  return value.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, how: string, more: string) => {
    const given = env[name]
    if (given) return given
    if (how === '-') return more
    throw new Error(`${name} is not set by make-env.mjs`)
  })
}

describe('docker-compose.yml', () => {
  it('has every service, the edge, both simulators and what they stand on', () => {
    expect(Object.keys(compose.services).sort()).toEqual(
      [...ours, 'carrier-simulator', 'model-simulator', 'nats', 'postgres', 'prepare-database'].sort(),
    )
    for (const [name, { profiles }] of Object.entries(compose.services)) {
      expect(profiles, name).toEqual(name.endsWith('-simulator') ? ['simulators'] : undefined)
    }
  })

  it.each(ours)('gives %s the environment its schema asks for', async (name) => {
    const schema = await schemaOf(name)
    const variables = configVariables(schema)
    const environment = compose.services[name]?.environment ?? {}
    const known = variables.map((variable) => variable.name)
    expect(Object.keys(environment).filter((key) => !known.includes(key))).toEqual([])
    const required = variables.filter((variable) => variable.required).map((variable) => variable.name)
    expect(required.filter((key) => !(key in environment))).toEqual([])
    const ownPort = variables.find((variable) => variable.name === 'PORT')?.default
    expect(String(environment.PORT)).toBe(ownPort)
  })

  it.each([
    ['the real carrier and model', []],
    ['the simulators', ['--simulators']],
  ])('is a configuration every service accepts, with %s', async (_, args) => {
    const env = madeEnvironment(...args)
    for (const name of ours) {
      const environment = Object.entries(compose.services[name]?.environment ?? {})
      const filled = Object.fromEntries(
        environment.map(([key, value]) => [key, interpolate(String(value), env)]),
      )
      expect(readConfig(await schemaOf(name), filled), name).toMatchObject({ PROFILE: 'production' })
    }
    for (const { environment = {} } of Object.values(compose.services)) {
      for (const value of Object.values(environment)) interpolate(String(value), env)
    }
  })

  it('runs programs that exist, from the one image', () => {
    for (const [name, { image, command, build }] of Object.entries(compose.services)) {
      if (image !== 'toritsugi') continue
      const [program = ''] = command ?? []
      const source = program.replace('/dist/', '/src/').replace(/\.js$/, '.ts')
      expect(existsSync(join(checkout, source)), `${name}: ${source}`).toBe(true)
      expect(existsSync(join(checkout, build?.context ?? '?', build?.dockerfile ?? '?'))).toBe(true)
    }
  })

  it('mounts files that exist and volumes it declares', () => {
    for (const { volumes = [] } of Object.values(compose.services)) {
      for (const volume of volumes) {
        const [from = ''] = volume.split(':')
        expect(from.startsWith('./') ? existsSync(join(checkout, from)) : from in compose.volumes, from).toBe(
          true,
        )
      }
    }
  })

  it('waits only for services there are', () => {
    for (const { depends_on = {} } of Object.values(compose.services)) {
      for (const needed of Object.keys(depends_on)) expect(Object.keys(compose.services)).toContain(needed)
    }
  })

  it('addresses the services by their names and ports', () => {
    const addresses = [...text.matchAll(/(?:http|nats):\/\/([a-z-]+):(\d+)/g)].map(([, host, port]) => [
      host,
      port,
    ])
    expect(addresses.length).toBeGreaterThan(5)
    for (const [host = '', port] of addresses) {
      const target = compose.services[host]
      expect(target, host).toBeDefined()
      const { PORT, CARRIER_PORT } = target?.environment ?? {}
      if (host !== 'nats') expect(String(PORT ?? CARRIER_PORT), host).toBe(port)
    }
  })

  it('gives NATS the passwords its users file asks for, and each service its own', () => {
    const users = readFileSync(join(checkout, 'deploy/nats/users.conf'), 'utf8')
    const wanted = [...users.matchAll(/password: \$(\w+)/g)].map(([, name]) => name ?? '')
    expect(Object.keys(compose.services.nats?.environment ?? {})).toEqual(expect.arrayContaining(wanted))
    for (const name of ours.filter((service) => service !== 'edge')) {
      const { NATS_USER, NATS_PASSWORD } = compose.services[name]?.environment ?? {}
      expect(NATS_USER).toBe(name)
      expect(NATS_PASSWORD).toContain(`NATS_PASSWORD_${name.toUpperCase().replaceAll('-', '_')}`)
    }
  })
})

describe('the Dockerfile', () => {
  it('is multi-stage, on Node 24, and ends as an ordinary user', () => {
    const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, image, stage]) => ({
      image,
      stage,
    }))
    expect(stages.length).toBeGreaterThanOrEqual(2)
    for (const { image } of stages) expect(image).toMatch(/^node:24-/)
    const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '))
    expect(last).toMatch(/^USER node$/m)
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('CMD '))
  })

  it("uses the repository's own pnpm", () => {
    const { packageManager } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
      packageManager: string
    }
    expect(dockerfile).toContain(`npm install --global ${packageManager}\n`)
  })

  it('names files that exist', () => {
    const named = [...dockerfile.matchAll(/(?:packages|services|deploy)\/[\w./-]+\.(?:mjs|js)/g)].map(
      ([file]) => file,
    )
    expect(named.length).toBeGreaterThan(2)
    for (const file of named) {
      const source = file.replace('/dist/', '/src/').replace(/(src\/.*)\.js$/, '$1.ts')
      expect(existsSync(join(checkout, source)), source).toBe(true)
    }
  })
})
