export { eventually } from './eventually.ts'
export * from './infra.ts'
export { type TestNats, useNats } from './nats.ts'
export { type TestPostgres, usePostgres } from './postgres.ts'
