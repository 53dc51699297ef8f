export { FactLog, type LoggedFact } from './fact-log.ts'
export type { Program } from './services.ts'
export { Stage, type StageOptions } from './stage.ts'
export { StagedCall } from './staged-call.ts'
