import { phrasesIn, shorten } from '../core/phrases.ts'
import { answerMarginMs, type Tool } from './tool.ts'

const deadlineMs = 1000

/** Ends the call after a farewell. What ends it is the holder of the dialogue: it knows when the farewell was heard. */
export function endCallTool(): Tool {
  return {
    deadlineMs,
    planned: {
      name: 'end-call',
      description:
        'Ends the telephone call. Use it only when the matter is settled and the caller wants nothing more, or when the caller asks to hang up.',
      parameters: {
        type: 'object',
        properties: {
          farewell: {
            type: 'string',
            maxLength: 500,
            description:
              'Short parting words in the language of the call, spoken before the line is closed. Leave it out when you have already said goodbye.',
          },
          reason: { type: 'string', maxLength: 200, description: 'Why the call ends, in a few words.' },
        },
        additionalProperties: false,
      },
      timeoutMs: deadlineMs + answerMarginMs,
    },
    async run({ farewell }, { language }) {
      const words = typeof farewell === 'string' && farewell.trim() !== '' ? farewell.trim() : null
      return {
        outcome: 'done',
        output: JSON.stringify({ ok: true }),
        next: { what: 'end-call', farewell: shorten(words ?? phrasesIn(language).goodbye, 500) },
      }
    },
  }
}
