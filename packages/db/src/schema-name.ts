import { Prisma } from './generated/client.ts'

/** The Postgres schemas, one per owning service. A service's role has rights on its own schema only. */
export const serviceSchemas = ['call_control', 'realtime_session', 'handoff', 'transcript'] as const
export type ServiceSchema = (typeof serviceSchemas)[number]

/** The tables every owning schema has. */
export type SharedTable = 'outbox' | 'inbox' | 'command_key' | 'timer'

/** `"call_control"."outbox"`, for text that is sent through `pg`. */
export function tableName(schema: ServiceSchema, table: SharedTable): string {
  if (!serviceSchemas.includes(schema)) throw new Error(`there is no schema named ${schema}`)
  return `"${schema}"."${table}"`
}

/** The same as a fragment for Prisma's tagged templates. */
export function table(schema: ServiceSchema, name: SharedTable): Prisma.Sql {
  return Prisma.raw(tableName(schema, name))
}

/** The NOTIFY channel on which a schema says that its outbox or its timers have news. */
export function wakeChannel(schema: ServiceSchema, what: 'outbox' | 'timer'): string {
  return `${what}_${schema}`
}
