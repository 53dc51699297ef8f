/** What an attribute may hold. */
export type Kind = 'text' | 'url' | 'boolean' | 'count' | readonly string[] | RegExp

export type Rule = {
  attributes: Readonly<Record<string, Kind>>
  /** Elements that may be nested in it. */
  children?: readonly string[]
  /** Whether it has a text of its own. */
  text?: boolean
  /** Whether elements without a rule (SSML) may be nested. */
  markup?: boolean
}

const METHOD = ['GET', 'POST'] as const
const callback = (name: string): Record<string, Kind> => ({
  [name]: 'url',
  [`${name}Method`]: METHOD,
  [`${name}Event`]: 'text',
})
const recorded = { ...callback('recordingStatusCallback'), trim: ['trim-silence', 'do-not-trim'] } as const

/**
 * The elements and attributes of TwiML for voice, as its reference names them ("TwiML for Programmable Voice" and the
 * pages of the verbs). Anything else is a schema warning (12200) and ignored.
 */
export const GRAMMAR: Readonly<Record<string, Rule>> = {
  Response: {
    attributes: { version: 'text' },
    children: [
      'Say',
      'Play',
      'Pause',
      'Record',
      'Connect',
      'Start',
      'Stop',
      'Redirect',
      'Hangup',
      'Reject',
      'Gather',
      'Dial',
      'Enqueue',
      'Leave',
      'Refer',
      'Sms',
      'Pay',
      'Prompt',
    ],
  },
  Say: { attributes: { voice: 'text', language: 'text', loop: 'count' }, text: true, markup: true },
  Play: { attributes: { loop: 'count', digits: /^[0-9wW*#A-D]*$/ }, text: true },
  Pause: { attributes: { length: 'count' } },
  Record: {
    attributes: {
      action: 'url',
      method: METHOD,
      timeout: 'count',
      finishOnKey: /^[0-9*#]*$/,
      maxLength: 'count',
      playBeep: 'boolean',
      transcribe: 'boolean',
      transcribeCallback: 'url',
      ...recorded,
    },
  },
  Connect: {
    attributes: { action: 'url', method: METHOD },
    children: [
      'Stream',
      'ConversationRelay',
      'Conversation',
      'Room',
      'VirtualAgent',
      'Autopilot',
      'AiSession',
    ],
  },
  Start: {
    attributes: { action: 'url', method: METHOD },
    children: ['Stream', 'Recording', 'Siprec', 'Transcription'],
  },
  Stop: { attributes: {}, children: ['Stream', 'Recording', 'Siprec', 'Transcription'] },
  Stream: {
    attributes: {
      url: 'text',
      name: 'text',
      track: ['inbound_track', 'outbound_track', 'both_tracks'],
      statusCallback: 'url',
      statusCallbackMethod: METHOD,
    },
    children: ['Parameter'],
  },
  Parameter: { attributes: { name: 'text', value: 'text' } },
  Redirect: { attributes: { method: METHOD }, text: true },
  Hangup: { attributes: {}, children: ['Parameter'] },
  Reject: { attributes: { reason: ['rejected', 'busy'] }, children: ['Parameter'] },
  Gather: {
    attributes: {
      action: 'url',
      method: METHOD,
      input: /^(dtmf|speech|dtmf speech|speech dtmf)$/,
      timeout: /^(auto|\d+)$/,
      numDigits: 'count',
      finishOnKey: /^[0-9*#]?$/,
      actionOnEmptyResult: 'boolean',
      speechTimeout: /^(auto|\d+)$/,
      maxSpeechTime: 'count',
      speechModel: 'text',
      language: 'text',
      hints: 'text',
      profanityFilter: 'boolean',
      partialResultCallback: 'url',
      partialResultCallbackMethod: METHOD,
      bargeIn: 'boolean',
      dtmfDetection: 'text',
      debug: 'boolean',
      enhanced: 'boolean',
    },
    children: ['Say', 'Play', 'Pause'],
  },
  Dial: {
    attributes: {
      action: 'url',
      method: METHOD,
      callerId: 'text',
      timeout: 'count',
      timeLimit: 'count',
      answerOnBridge: 'boolean',
      hangupOnStar: 'boolean',
      record: [
        'do-not-record',
        'record-from-answer',
        'record-from-ringing',
        'record-from-answer-dual',
        'record-from-ringing-dual',
      ],
      recordingTrack: ['inbound', 'outbound', 'both'],
      ringTone: 'text',
      sequential: 'boolean',
      referUrl: 'url',
      referMethod: METHOD,
      ...recorded,
    },
    children: ['Number', 'Sip', 'Client', 'Conference', 'Queue', 'Sim', 'Application', 'WhatsApp'],
    text: true,
  },
  Conference: {
    attributes: {
      muted: 'boolean',
      beep: ['true', 'false', 'onEnter', 'onExit'],
      startConferenceOnEnter: 'boolean',
      endConferenceOnExit: 'boolean',
      participantLabel: 'text',
      jitterBufferSize: ['off', 'small', 'medium', 'large'],
      waitUrl: 'url',
      waitMethod: METHOD,
      maxParticipants: 'count',
      record: ['do-not-record', 'record-from-start'],
      region: 'text',
      coach: 'text',
      eventCallbackUrl: 'url',
      ...callback('statusCallback'),
      ...recorded,
    },
    text: true,
  },
  Number: {
    attributes: {
      sendDigits: 'text',
      url: 'url',
      method: METHOD,
      byoc: 'text',
      machineDetection: 'text',
      machineDetectionTimeout: 'count',
      ...callback('statusCallback'),
      ...callback('amdStatusCallback'),
    },
    text: true,
  },
  Sip: {
    attributes: {
      username: 'text',
      password: 'text',
      url: 'url',
      method: METHOD,
      ...callback('statusCallback'),
    },
    text: true,
  },
}

/** Nouns and verbs that exist at Twilio but whose attributes are not known here: taken as they are. */
export function isOpaque(name: string): boolean {
  return (
    GRAMMAR[name] === undefined && Object.values(GRAMMAR).some(({ children }) => children?.includes(name))
  )
}

/** Whether a value is of its kind. */
export function isOfKind(kind: Kind, value: string): boolean {
  if (kind === 'text' || kind === 'url') return true
  if (kind === 'boolean') return value === 'true' || value === 'false'
  if (kind === 'count') return /^\d+$/.test(value)
  return kind instanceof RegExp ? kind.test(value) : kind.includes(value)
}
