import type { SessionPlan } from '@toritsugi/contracts'
import type { ClientEvent, SessionSettings, TurnDetection } from './client-events.ts'

const pcmu = { type: 'audio/pcmu' } as const

/**
 * Voice detection with every value given: the service's own defaults differ from what is documented.
 * @param answersCaller false while something must be heard to its end: the model then neither stops for the
 *   caller nor answers by itself
 */
export function turnDetectionOf(plan: SessionPlan, answersCaller = true): TurnDetection {
  return {
    type: 'server_vad',
    threshold: plan.turnDetection.threshold,
    prefix_padding_ms: plan.turnDetection.prefixPaddingMs,
    silence_duration_ms: plan.turnDetection.silenceDurationMs,
    create_response: answersCaller,
    interrupt_response: answersCaller,
    idle_timeout_ms: null,
  }
}

/**
 * The one `session.update` of a session: µ-law both ways, so that nothing is transcoded. One key the model does
 * not know loses the whole update, so it has only what the plan says the model takes; the minimal form, for
 * when the full one was refused, has only what a call cannot do without.
 * @param refused the `param` of the refusal; a minimal form leaves out the voice when it was about the voice
 */
export function buildSessionUpdate(
  plan: SessionPlan,
  {
    eventId,
    form = 'full',
    refused = null,
  }: {
    eventId: string
    form?: 'full' | 'minimal'
    refused?: string | null
  },
): Extract<ClientEvent, { type: 'session.update' }> {
  const minimal: SessionSettings = {
    type: 'realtime',
    instructions: plan.instructions,
    audio: {
      input: { format: pcmu, turn_detection: turnDetectionOf(plan) },
      output: refused?.includes('voice') ? { format: pcmu } : { format: pcmu, voice: plan.voice },
    },
  }
  if (form === 'minimal') return { type: 'session.update', event_id: eventId, session: minimal }
  return {
    type: 'session.update',
    event_id: eventId,
    session: {
      ...minimal,
      output_modalities: ['audio'],
      audio: {
        input: { ...minimal.audio?.input, transcription: plan.transcription, noise_reduction: null },
        output: { format: pcmu, voice: plan.voice },
      },
      tools: plan.tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters,
      })),
      tool_choice: 'auto',
      max_output_tokens: plan.maxOutputTokens,
      ...(plan.accepts.reasoning ? { reasoning: { effort: 'low' } as const } : {}),
      ...(plan.accepts.parallelToolCalls ? { parallel_tool_calls: true } : {}),
    },
  }
}

/** Whether the session is what was asked for; audio in another format would be noise in the caller's ear. */
export type SessionCheck = { ok: true } | { ok: false; wrong: 'input-format' | 'output-format' | 'voice' }

/** Compares formats and voice of a `session.updated` with what was asked for. */
export function checkSessionUpdated(
  session: Readonly<Record<string, unknown>>,
  asked: SessionSettings,
): SessionCheck {
  const audio = part(session, 'audio')
  const output = part(audio, 'output')
  if (part(part(audio, 'input'), 'format').type !== 'audio/pcmu') return { ok: false, wrong: 'input-format' }
  if (part(output, 'format').type !== 'audio/pcmu') return { ok: false, wrong: 'output-format' }
  const voice = asked.audio?.output?.voice
  const answered = typeof output.voice === 'string' ? output.voice : part(output, 'voice').id
  if (voice !== undefined && answered !== voice) return { ok: false, wrong: 'voice' }
  return { ok: true }
}

/** Id and end of life (unix seconds) of a session; null what the endpoint does not say. */
export function sessionFacts(session: Readonly<Record<string, unknown>>): {
  id: string | null
  expiresAt: number | null
} {
  return {
    id: typeof session.id === 'string' ? session.id.slice(0, 100) : null,
    expiresAt: typeof session.expires_at === 'number' && session.expires_at > 0 ? session.expires_at : null,
  }
}

function part(of: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = of[key]
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
