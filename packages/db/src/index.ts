export { answerOnce, pruneCommandKeys } from './command-keys.ts'
export {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type TransactionOptions,
  type Tx,
} from './database.ts'
export { isDatabaseAway, isUniqueConflict, isWriteConflict } from './database-errors.ts'
export { Prisma, type PrismaClient } from './generated/client.ts'
export { type Housekeeping, startHousekeeping } from './housekeeping.ts'
export { type Applied, type Arrival, applyInOrder, applyOnce, pruneInbox } from './inbox.ts'
export { schemaDiff, writeMigration } from './migrations/diff.ts'
export { markRolledBack, migrate } from './migrations/migrate.ts'
export { MigrationError } from './migrations/migration-error.ts'
export { decideOrder, gapLimitMs, type OrderDecision } from './order.ts'
export { appendFacts, laneOf, type NewFact } from './outbox.ts'
export { type Delivery, type Drained, type OutboxStore, outboxStore } from './outbox-store.ts'
export { createRoles, type RolePasswords } from './roles.ts'
export { type ServiceSchema, serviceSchemas } from './schema-name.ts'
export { storableJson, storableText } from './storable.ts'
export {
  startTimerRunner,
  type TimerHandler,
  type TimerRunner,
  type TimerRunnerOptions,
  timerBackoffMs,
} from './timer-runner.ts'
export {
  claimDueTimers,
  clearTimer,
  type DueTimer,
  type NewTimer,
  nextTimerInMs,
  setTimer,
} from './timers.ts'
