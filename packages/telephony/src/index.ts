export { maskNumber, parseE164 } from './numbers.ts'
export { publicUrlOf, streamUrlOf } from './public-url.ts'
export {
  type SignedRequest,
  signatureHeader,
  signTwilioRequest,
  validateStreamSignature,
  validateTwilioSignature,
  type WebhookParams,
} from './signature.ts'
export {
  type ConnectStream,
  connectStreamTwiml,
  emptyTwiml,
  hangUpTwiml,
  parameterLimit,
  sayAndHangUpTwiml,
  type TakeMessage,
  type Twiml,
  takeMessageTwiml,
  twimlType,
} from './twiml.ts'
export { parseWebhookForm, webhookField } from './webhook-form.ts'
