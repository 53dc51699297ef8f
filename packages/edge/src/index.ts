export { edgeConfig } from './config.ts'
export { createEdge, type EdgeOptions } from './edge-server.ts'
