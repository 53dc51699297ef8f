import {
  CallApologised,
  CallEnded,
  CallIntended,
  CallStarted,
  LegAnswered,
  LegEnded,
  MessageTaken,
  StreamOffered,
} from './call.ts'
import { type Channel, channel } from './channel.ts'
import { ModeDecided } from './mode.ts'
import { GreetingStarted, SessionLost, SessionOpened, StreamEnded, StreamStarted } from './stream.ts'
import { ToolAnswered, ToolCalled } from './tool.ts'
import { TranscriptCompleted } from './transcript.ts'
import { TurnEnded, TurnStarted, TurnTranscribed, TurnUnheardText } from './turn.ts'
import { UsageEstimated, UsagePriced, UsageRecorded } from './usage.ts'

export const callStarted = channel(
  'lifecycle',
  'call-control',
  'call.started',
  CallStarted,
  'A call came in or was placed.',
)
export const legAnswered = channel(
  'lifecycle',
  'call-control',
  'leg.answered',
  LegAnswered,
  'A party picked up.',
)
export const streamOffered = channel(
  'lifecycle',
  'call-control',
  'stream.offered',
  StreamOffered,
  'The carrier was told to open a stream, with this epoch.',
)
export const callIntended = channel(
  'lifecycle',
  'call-control',
  'call.intended',
  CallIntended,
  'It is settled what happens when the stream ends.',
)
export const callApologised = channel(
  'lifecycle',
  'call-control',
  'call.apologised',
  CallApologised,
  'Nobody could serve the call; the caller was told.',
)
export const messageTaken = channel(
  'lifecycle',
  'call-control',
  'message.taken',
  MessageTaken,
  'The caller left a message.',
)
export const legEnded = channel(
  'lifecycle',
  'call-control',
  'leg.ended',
  LegEnded,
  'A party is off the line.',
)
export const callEnded = channel(
  'lifecycle',
  'call-control',
  'call.ended',
  CallEnded,
  'The call is over. Said once.',
)

export const streamStarted = channel(
  'media',
  'media-bridge',
  'stream.started',
  StreamStarted,
  'Audio flows between the carrier and a pod.',
)
export const streamEnded = channel(
  'media',
  'media-bridge',
  'stream.ended',
  StreamEnded,
  'It does no longer; names the turns to expect.',
)
export const sessionOpened = channel(
  'media',
  'media-bridge',
  'session.opened',
  SessionOpened,
  'The speech model is configured and ready.',
)
export const sessionLost = channel(
  'media',
  'media-bridge',
  'session.lost',
  SessionLost,
  'The socket to the speech model dropped or was refused.',
)
export const greetingStarted = channel(
  'media',
  'media-bridge',
  'greeting.started',
  GreetingStarted,
  'The first audio of the greeting left.',
)

export const turnStarted = channel(
  'turn',
  'dialogue-holder',
  'turn.started',
  TurnStarted,
  'One side began to speak.',
)
export const turnEnded = channel(
  'turn',
  'dialogue-holder',
  'turn.ended',
  TurnEnded,
  'One side yielded; what was heard of it.',
)
export const turnTranscribed = channel(
  'turn',
  'dialogue-holder',
  'turn.transcribed',
  TurnTranscribed,
  "A caller's words, written down after the turn.",
)
export const turnUnheardText = channel(
  'turn',
  'dialogue-holder',
  'turn.unheard-text',
  TurnUnheardText,
  'The words of a turn never came.',
)

export const toolCalled = channel(
  'tool',
  'dialogue-holder',
  'tool.called',
  ToolCalled,
  'The assistant uses a tool.',
)
export const toolAnswered = channel(
  'tool',
  'dialogue-holder',
  'tool.answered',
  ToolAnswered,
  'What came of it.',
)

export const usageRecorded = channel(
  'usage',
  'dialogue-holder',
  'usage.recorded',
  UsageRecorded,
  'Tokens used, as the model reports them.',
)
export const usageEstimated = channel(
  'usage',
  'dialogue-holder',
  'usage.estimated',
  UsageEstimated,
  'Tokens used, reckoned by us because the report never came.',
)
export const usagePriced = channel(
  'usage',
  'realtime-session',
  'usage.priced',
  UsagePriced,
  "One entry of the call's ledger.",
)

export const modeDecided = channel(
  'mode',
  'realtime-session',
  'mode.decided',
  ModeDecided,
  'How this call is talked, and why.',
)

export const transcriptCompleted = channel(
  'transcript',
  'transcript',
  'transcript.completed',
  TranscriptCompleted,
  'The transcript will not change any more.',
)

/** Every channel of call facts, in the order of the documents. */
export const channels = [
  callStarted,
  legAnswered,
  streamOffered,
  callIntended,
  callApologised,
  messageTaken,
  legEnded,
  callEnded,
  streamStarted,
  streamEnded,
  sessionOpened,
  sessionLost,
  greetingStarted,
  turnStarted,
  turnEnded,
  turnTranscribed,
  turnUnheardText,
  toolCalled,
  toolAnswered,
  usageRecorded,
  usageEstimated,
  usagePriced,
  modeDecided,
  transcriptCompleted,
] as const

const byType = new Map<string, Channel>(channels.map((c) => [c.type, c]))

/** The channel of a type of fact, or undefined when the type is not known here (a newer sender's). */
export const channelOf = (type: string): Channel | undefined => byType.get(type)
