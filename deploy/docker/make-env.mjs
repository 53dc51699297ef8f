#!/usr/bin/env node
// `node deploy/docker/make-env.mjs [--simulators]` writes .env for docker compose with new secrets, unless there is
// one. With --simulators carrier and model are the ones of the profile `simulators`; else fill in the real keys.
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const file = join(import.meta.dirname, '../../.env')
const simulators = process.argv.includes('--simulators')

// Begins with a letter: nats-server would read a password like 12e4 as a number.
const secret = () => `s${randomBytes(24).toString('hex')}`
const hex = () => randomBytes(16).toString('hex')
const named = (prefix, names) => names.map((name) => `${prefix}${name}=${secret()}`)

const parts = ['CALL_CONTROL', 'REALTIME_SESSION', 'HANDOFF', 'TRANSCRIPT']
const lines = [
  `POSTGRES_PASSWORD=${secret()}`,
  ...named('DATABASE_PASSWORD_', parts),
  ...named('NATS_PASSWORD_', [...parts, 'MEDIA_BRIDGE', 'OBSERVER']),
  `STREAM_TOKEN_SECRET=${secret()}`,
  ...(simulators ? simulated() : real()),
]

function simulated() {
  return [
    'COMPOSE_PROFILES=simulators',
    'PUBLIC_URL=https://calls.example.test',
    'DEFAULT_PHONE_NUMBER=+815012345678',
    `TWILIO_ACCOUNT_SID=AC${hex()}`,
    `TWILIO_AUTH_TOKEN=${hex()}`,
    'TWILIO_API_URL=http://carrier-simulator:8086',
    `OPENAI_API_KEY=sk-local-${hex()}`,
    'OPENAI_REALTIME_URL=ws://model-simulator:8087/v1/realtime',
  ]
}

function real() {
  return [
    'PUBLIC_URL=https://',
    'DEFAULT_PHONE_NUMBER=',
    'TWILIO_ACCOUNT_SID=',
    'TWILIO_AUTH_TOKEN=',
    'OPENAI_API_KEY=',
  ]
}

if (existsSync(file)) {
  process.stderr.write('There is a .env already; it is left as it is.\n')
  process.exitCode = 1
} else {
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
  process.stdout.write(simulators ? 'Wrote .env.\n' : 'Wrote .env: now fill in PUBLIC_URL and the keys.\n')
}
