export { appendFrame, appendFrameLength, writeAppendFrame } from './append-frame.ts'
export { base64Bytes, isBase64 } from './base64-text.ts'
export { type CarrierFrames, carrierFrames, type Mark, readMark } from './carrier-frame.ts'
export { type CarrierLayouts, carrierLayouts } from './carrier-layout.ts'
export { type CarrierScan, newCarrierScan, scanCarrierMessage } from './carrier-scan.ts'
export type {
  AudioFormat,
  ClientEvent,
  ConversationItem,
  ResponseSettings,
  SessionSettings,
  TurnDetection,
} from './client-events.ts'
export { type DeltaScan, newDeltaScan, scanAudioDelta } from './delta-scan.ts'
export { cancelledOutput, dialogueItem, dialogueItems } from './dialogue-items.ts'
export { frameDone, frameRoom } from './frame-room.ts'
export { isExactly } from './json-bytes.ts'
export { classifyClose, classifyError, classifyStatus, type ErrorClass } from './model-errors.ts'
export {
  type ModelError,
  type ModelItem,
  type ModelResponse,
  readServerEvent,
  type ServerEvent,
} from './server-events.ts'
export {
  buildSessionUpdate,
  checkSessionUpdated,
  type SessionCheck,
  sessionFacts,
  turnDetectionOf,
} from './session-shape.ts'
export { estimateTokens, noTokens, tokensOfResponse, usageOfTranscription } from './usage.ts'
