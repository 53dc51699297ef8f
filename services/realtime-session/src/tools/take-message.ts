import type { CallId } from '@toritsugi/contracts'
import { redact } from '@toritsugi/redact'
import { answerMarginMs, didNotWork, type Tool, talkOn } from './tool.ts'

/** A message as the assistant wrote it down. */
export type DictatedMessage = {
  callId: CallId
  text: string
  callerName: string | null
  callbackNumber: string | null
}

/**
 * Keeps a message; one with the same key is kept once.
 * @returns false when it could not be kept
 */
export type KeepMessage = (message: DictatedMessage, key: string, signal: AbortSignal) => Promise<boolean>

const deadlineMs = 8000

/** Writes a message down for the people of the company. */
export function takeMessageTool(keepMessage: KeepMessage): Tool {
  return {
    deadlineMs,
    planned: {
      name: 'take-message',
      description:
        'Keeps a message from the caller for the people of the company. Read it back to the caller before you use this.',
      parameters: {
        type: 'object',
        properties: {
          text: {
            type: 'string',
            minLength: 1,
            maxLength: 4000,
            description: 'The message in full sentences, in the language of the call.',
          },
          callerName: {
            type: 'string',
            maxLength: 200,
            description: 'Who it is from, as the caller said it.',
          },
          callbackNumber: {
            type: 'string',
            maxLength: 40,
            description: 'Where to call back, as the caller said it.',
          },
        },
        required: ['text'],
        additionalProperties: false,
      },
      timeoutMs: deadlineMs + answerMarginMs,
    },
    async run(given, { callId, toolCallId, signal }) {
      const text = words(given.text)
      if (text === null) return didNotWork('refused', 'The message is empty.')
      const message = {
        callId,
        text,
        callerName: words(given.callerName),
        callbackNumber: words(given.callbackNumber),
      }
      const kept = await keepMessage(message, `${callId}:${toolCallId}`, signal)
      return kept
        ? talkOn({ ok: true, note: 'The message was kept and will be passed on.' })
        : didNotWork('failed', 'The message could not be kept just now.')
    },
  }
}

/** Card numbers leave; a telephone number the caller said stays. */
function words(given: unknown): string | null {
  const text = typeof given === 'string' ? redact(given).trim() : ''
  return text === '' ? null : text
}
