// What needs no test runner around it: for set-up files, benches and scripts.
export type { DatabaseKind, PrepareDatabase } from './database-maker.ts'
export { startTestInfra } from './infra-server.ts'
export { type OwnNats, startOwnNats } from './own-nats.ts'
export { type OwnPostgres, startOwnPostgres } from './own-postgres.ts'
export { makeScratch } from './scratch.ts'
export { TEST_ROLE_PASSWORD } from './test-roles.ts'
