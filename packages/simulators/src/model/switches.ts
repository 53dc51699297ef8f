/**
 * Behaviours of the live service that are not documented or differ between observers, and habits a client has to
 * live with. Each can be set while the server runs; sessions read them when the moment comes.
 */
export type ModelSwitches = {
  /** How a wrong key is refused: an `error` event and close 3000 after the upgrade, or HTTP 401. */
  badKey: 'in-band' | 'http'
  /** The same for no key at all. */
  missingKey: 'in-band' | 'http'
  /** `invalid_model` closes with 4000, `model_not_found` with 4004; both were observed. */
  badModel: 'invalid_model' | 'model_not_found' | 'http'
  /** What happens when voice detection wants to answer while a response is active. */
  vadCollision: 'error' | 'skip'
  /** Whether the output format may change after the first assistant audio. */
  formatAfterAudio: 'refused' | 'allowed'
  /** When `rate_limits.updated` is sent. */
  rateLimits: 'after-response' | 'at-start' | 'never'
  /** Delta events carry a random `obfuscation` string. */
  obfuscation: boolean
  /** Events no document names are mixed into every response. */
  unknownEvents: boolean
  /** `conversation.created` follows `session.created`. */
  conversationCreated: boolean
  /** Usage of completed responses. */
  usage: 'counted' | 'null'
  /** Milliseconds from the commit to the caller's transcript; drawn per turn, so turns may overtake. */
  transcriptionMs: readonly [number, number]
  /** Length limit of item ids given by clients. */
  itemIdLength: number
  /** Milliseconds between WebSocket pings; the live service was seen at 20.26 s. */
  pingMs: number
  /** Life of a session in ms; the live service ends it after 60 minutes. Shorten it to scale the clock. */
  sessionMs: number
  /** Requests over HTTP that one model takes in a minute before it answers 429; the live limits go by account. */
  requestsPerMinute: number
  /** Tokens likewise. */
  tokensPerMinute: number
  /** Sizes in the header of streamed WAV speech: `unknown` writes 0xFFFFFFFF, as the live service was seen to do. */
  wavLength: 'unknown' | 'exact'
  /** `finish_reason` of a completion whose call was forced by name in `tool_choice`. */
  forcedCall: 'stop' | 'tool_calls'
}

export const DEFAULT_SWITCHES: ModelSwitches = {
  badKey: 'in-band',
  missingKey: 'http',
  badModel: 'invalid_model',
  vadCollision: 'error',
  formatAfterAudio: 'allowed',
  rateLimits: 'after-response',
  obfuscation: true,
  unknownEvents: false,
  conversationCreated: false,
  usage: 'counted',
  transcriptionMs: [200, 900],
  itemIdLength: 32,
  pingMs: 20_260,
  sessionMs: 3_600_000,
  requestsPerMinute: 30_000,
  tokensPerMinute: 150_000_000,
  wavLength: 'unknown',
  forcedCall: 'stop',
}
