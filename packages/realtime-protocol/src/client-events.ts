/** A thing in a conversation, as a client may create it ("Realtime API: conversation.item.create"). */
export type ConversationItem =
  | { type: 'message'; role: 'user' | 'system'; content: [{ type: 'input_text'; text: string }] }
  | { type: 'message'; role: 'assistant'; content: [{ type: 'output_text'; text: string }] }
  | { type: 'function_call'; call_id: string; name: string; arguments: string }
  | { type: 'function_call_output'; call_id: string; output: string }

/** Voice detection on the model's side, every value given. */
export type TurnDetection = {
  type: 'server_vad'
  threshold: number
  prefix_padding_ms: number
  silence_duration_ms: number
  create_response: boolean
  interrupt_response: boolean
  idle_timeout_ms: null
}

export type AudioFormat = { type: 'audio/pcmu' }

/** The part of a session that a client sets; what is absent stays as it is ("session.update"). */
export type SessionSettings = {
  type: 'realtime'
  output_modalities?: ['audio']
  instructions?: string
  audio?: {
    input?: {
      format?: AudioFormat
      transcription?: { model: string; language: string } | null
      noise_reduction?: null
      turn_detection?: TurnDetection
    }
    output?: { format?: AudioFormat; voice?: string }
  }
  tools?: readonly {
    type: 'function'
    name: string
    description: string
    parameters: Readonly<Record<string, unknown>>
  }[]
  tool_choice?: 'auto'
  max_output_tokens?: number | 'inf'
  reasoning?: { effort: 'minimal' | 'low' }
  parallel_tool_calls?: boolean
}

export type ResponseSettings = {
  instructions?: string
  metadata?: Record<string, string>
  tool_choice?: 'none' | 'auto'
}

/** What we say to the model. Audio is not here: it goes as whole frames, see `writeAppendFrame`. */
export type ClientEvent = { event_id: string } & (
  | { type: 'session.update'; session: SessionSettings }
  | { type: 'conversation.item.create'; item: ConversationItem }
  | { type: 'conversation.item.truncate'; item_id: string; content_index: 0; audio_end_ms: number }
  | { type: 'response.create'; response?: ResponseSettings }
  | { type: 'response.cancel'; response_id?: string }
  | { type: 'input_audio_buffer.commit' }
)
