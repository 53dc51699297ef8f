export { Fault } from '@toritsugi/contracts'
export { type ApiKeyIdentity, apiKeyAuth, type FindKey, hashKey } from './api-key-auth.ts'
export { busVariables, databaseVariables, listenHost, serviceVariables } from './common-config.ts'
export {
  ConfigError,
  type ConfigSchema,
  type ConfigVariable,
  configVariables,
  envExample,
  flag,
  maskedConfig,
  milliseconds,
  port,
  readConfig,
  secret,
} from './config.ts'
export type { ReadinessCheck } from './health.ts'
export { buildHttp, type Http, type HttpOptions, refuseRequest } from './http.ts'
export { findKeyOverBus } from './key-lookup.ts'
export { createLogger, type Logger, maskFields, maskText } from './logger.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export type { OpenApiInfo } from './open-api.ts'
export { type OperationRequest, serveOperation } from './operation-route.ts'
export { problemFromError, problemHeaders, problemOf, problemType } from './problems.ts'
export {
  type BuiltService,
  type ServiceDefinition,
  type ServiceParts,
  startService,
} from './start-service.ts'
