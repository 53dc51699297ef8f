/**
 * Behaviours of the real service that its documentation leaves open, or that differ between observers. Each can be
 * set while the server runs; whatever relies on one has to work in every position.
 */
export type CarrierSwitches = {
  /** What follows when a stream's handshake fails (31920, 31901, 31902 …) and `<Connect>` has an `action`. */
  afterHandshakeFailure: 'action' | 'next-verb'
  /** What follows an abrupt loss of a stream's socket (31903); `silence`: nothing, until the call is redirected. */
  afterLoss: 'action' | 'next-verb' | 'silence'
  /** Whether `<Connect action>` is asked after the caller hung up or the call was ended. */
  actionAfterHangUp: boolean
  /** Whether `POST /Calls/{CA}` with `Twiml` is taken while the call is in a stream, or refused with 21220. */
  inlineUpdateOnStream: 'taken' | 'refused'
  /** Whether queued audio of a stream is still played when the call is redirected, or dropped. */
  playbackOnRedirect: 'dropped' | 'kept'
  /** What the signature of a stream's upgrade is made over. */
  streamSignature: 'exact' | 'trailing-slash'
  /** Whether https webhooks are signed with the URL as written or with `:443` in it. */
  webhookSignature: 'as-written' | 'with-port'
  /** Close code the carrier sends after `stop`; null sends a close frame without one. */
  streamCloseCode: number | null
  /** Whether a message that breaks the protocol only gives a warning (31951) or also ends the stream (31924). */
  invalidMessage: 'warned' | 'ends-stream'
  /** Whether the server's own close gives `stream-error` beside `stream-stopped`. */
  streamErrorOnServerClose: boolean
  /** Which events an inbound number's status callback gets. */
  inboundCallbacks: 'completed' | 'all'
  /** Whether `<Gather>` tells `msg` and `FinishedOnKey` beside `Digits`: seen, but not documented. */
  gatherExtras: 'sent' | 'left-out'
  /** Whether `SpeechResult` comes with `Confidence`, which may be missing. */
  speechConfidence: 'sent' | 'left-out'
  /** What `actionOnEmptyResult` sends when there was no input: empty parameters, or none. */
  emptyGather: 'empty' | 'left-out'
  /** Whether speech during a prompt with `bargeIn="false"` is understood when the prompt is over. */
  speechInProtectedPrompt: 'heard' | 'missed'
  /** Whether the sound of a recording can be had without credentials: an account may enforce them, or not. */
  recordingMedia: 'authenticated' | 'open'
  /** Whether a recording that was made of one channel can be had with two (16113), for both directions are stored. */
  monoAsDual: 'refused' | 'given'
  /** Whether a call that is being recorded can be recorded a second time, or this is refused with 21220. */
  secondRecording: 'started' | 'refused'
  /** Text of a 20003 body: both are seen. */
  refusedCredentials: 'Authenticate' | 'Authentication Error - invalid username'
  /** Opens `ws://` streams too, for a local set-up without TLS. The real service refuses them with 31922. */
  allowInsecureStreams: boolean
}

export const DEFAULT_SWITCHES: Readonly<CarrierSwitches> = {
  afterHandshakeFailure: 'next-verb',
  afterLoss: 'action',
  actionAfterHangUp: true,
  inlineUpdateOnStream: 'taken',
  playbackOnRedirect: 'dropped',
  streamSignature: 'exact',
  webhookSignature: 'as-written',
  streamCloseCode: 1000,
  invalidMessage: 'warned',
  streamErrorOnServerClose: true,
  inboundCallbacks: 'completed',
  gatherExtras: 'sent',
  speechConfidence: 'sent',
  emptyGather: 'empty',
  speechInProtectedPrompt: 'heard',
  recordingMedia: 'authenticated',
  monoAsDual: 'refused',
  secondRecording: 'started',
  refusedCredentials: 'Authenticate',
  allowInsecureStreams: false,
}

/** Waits of the carrier in ms, and what it takes at a time; the defaults are the documented ones where there are such. */
export type CarrierLimits = {
  webhookConnectMs: number
  webhookTotalMs: number
  /** From dialing a stream's address to the end of its handshake. */
  streamConnectMs: number
  /** Bytes that may wait for a slow stream server before audio is discarded (31930). */
  streamBufferBytes: number
  /** Added by the carrier to the ring time asked for. */
  extraRingMs: number
  /** From `queued` to `initiated` and from there to `ringing`. */
  dialMs: number
  /** Outbound calls begun in a second; more wait as `queued`. */
  callsPerSecond: number
  /** Calls that can be begun in so long may wait; another one is refused with 22005. */
  queueSeconds: number
  /** REST requests answered at one time; another one is refused with 429. */
  restConcurrency: number
  /** From the end of a recording to its file. */
  recordingMs: number
  /** Longest call. */
  callMs: number
}

export const DEFAULT_LIMITS: Readonly<CarrierLimits> = {
  webhookConnectMs: 5000,
  webhookTotalMs: 15_000,
  streamConnectMs: 10_000,
  streamBufferBytes: 256 * 1024,
  extraRingMs: 5000,
  dialMs: 20,
  callsPerSecond: 1,
  queueSeconds: 86_400,
  restConcurrency: 100,
  recordingMs: 100,
  callMs: 14_400_000,
}
