import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CallId, channelOf, commandSubject, commands } from '@toritsugi/contracts'
import type { Json } from '../mutation/value-mutations.ts'

/** One sample of every message: the contracts' own fixtures. */
const fixtures = join(dirname(fileURLToPath(import.meta.resolve('@toritsugi/contracts'))), '../fixtures')

const load = (folder: string): { name: string; json: Json }[] =>
  readdirSync(join(fixtures, folder)).map((file) => ({
    name: file.replace(/\.json$/, ''),
    json: JSON.parse(readFileSync(join(fixtures, folder, file), 'utf8')) as Json,
  }))

const FIXTURE_CALL = /call_[0-9a-f]{32}/g

/** The same sample, said of another call. */
export function ofCall(json: Json, callId: string): Json {
  return JSON.parse(JSON.stringify(json).replace(FIXTURE_CALL, callId)) as Json
}

/** Every fact with the family of subjects it travels on. */
export const factSamples: readonly { family: string; json: Json }[] = load('facts').map(({ name, json }) => ({
  family: channelOf(name)?.family ?? 'lifecycle',
  json,
}))

/** Every command of a service that answers for all its pods, with its subject and its request. */
export const commandSamples: readonly { service: string; verb: string; subject: string; request: Json }[] =
  load('commands').flatMap(({ name, json }) => {
    const command = commands.find(({ service, verb }) => `${service}.${verb}` === name)
    if (command === undefined) return []
    const { service, verb } = command
    const request = (json as { request: Json }).request
    return [{ service, verb, subject: commandSubject(command), request }]
  })

/** The subject of a command to the pod that holds a call. */
export const bridgeSubject = (verb: string, callId: CallId): string => `cmd.v1.bridge.${callId}.${verb}`
