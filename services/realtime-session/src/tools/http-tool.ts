import type { HttpTool, ToolReply } from '@toritsugi/contracts'
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import { shorten } from '../core/phrases.ts'
import { ExchangeError, type HttpAnswer, type HttpQuestion } from './http-exchange.ts'
import {
  answerMarginMs,
  didNotWork,
  longestOutput,
  type Tool,
  type ToolArguments,
  type ToolContext,
  talkOn,
} from './tool.ts'

/** Makes one request. @throws ExchangeError */
export type Exchange = (question: HttpQuestion, signal: AbortSignal) => Promise<HttpAnswer>

/** An answer that may be another one when it is asked again. */
class TransientAnswer extends Error {
  readonly answer: HttpAnswer

  constructor(answer: HttpAnswer) {
    super(`status ${answer.status}`)
    this.answer = answer
  }
}

const isTransient = (error: Error): boolean =>
  error instanceof TransientAnswer || (error instanceof ExchangeError && error.failure === 'network')

/**
 * A tool that is an HTTP endpoint of the integrator's own. POST sends JSON, `{callId, toolCallId, tool, arguments}`;
 * GET the arguments alone, as the query. Each request carries the ids of call and use as headers too, the latter
 * as `Idempotency-Key`. `timeoutMs` is for all attempts together.
 */
export function httpTool(declared: HttpTool, exchange: Exchange): Tool {
  const policy = retry(handleWhen(isTransient), {
    maxAttempts: declared.retries,
    backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 2000 }),
  })
  return {
    deadlineMs: declared.timeoutMs,
    planned: {
      name: declared.name,
      description: declared.description,
      parameters: declared.parameters,
      timeoutMs: declared.timeoutMs + answerMarginMs,
    },
    async run(given, context) {
      const question = questionOf(declared, given, context)
      try {
        const answer = await policy.execute(async ({ signal }) => {
          const answer = await exchange(question, signal)
          if (answer.status === 429 || answer.status >= 500) throw new TransientAnswer(answer)
          return answer
        }, context.signal)
        return replyTo(answer)
      } catch (error) {
        if (error instanceof TransientAnswer) return replyTo(error.answer)
        if (context.signal.aborted) return didNotWork('timed-out', 'It took too long and was given up.')
        if (error instanceof ExchangeError) return didNotWork('failed', sentences[error.failure])
        throw error
      }
    },
  }
}

const sentences: Record<ExchangeError['failure'], string> = {
  network: 'The system that knows this cannot be reached right now.',
  'address-not-allowed': 'The system that knows this may not be asked.',
  'answer-too-large': 'The answer was too long to be used.',
  aborted: 'It took too long and was given up.',
}

function questionOf(declared: HttpTool, given: ToolArguments, context: ToolContext): HttpQuestion {
  const url = new URL(declared.url)
  const isPost = declared.method === 'POST'
  if (!isPost) {
    for (const [name, value] of Object.entries(given)) {
      url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    }
  }
  return {
    url,
    method: declared.method,
    headers: {
      accept: 'application/json, text/plain;q=0.9',
      'accept-encoding': 'identity',
      'user-agent': 'toritsugi',
      ...declared.headers,
      ...(isPost ? { 'content-type': 'application/json' } : {}),
      'toritsugi-call-id': context.callId,
      'idempotency-key': context.toolCallId,
    },
    body: isPost
      ? JSON.stringify({
          callId: context.callId,
          toolCallId: context.toolCallId,
          tool: declared.name,
          arguments: given,
        })
      : null,
  }
}

/** The model is told what a 2xx answer holds, and of every other one only in our words. */
function replyTo({ status, contentType, body }: HttpAnswer): ToolReply {
  if (status === 429 || status >= 500) {
    return didNotWork('failed', 'The system that knows this does not work right now.')
  }
  if (status === 404 || status === 410) return didNotWork('failed', 'Nothing was found.')
  if (status < 200 || status >= 300) return didNotWork('failed', 'The request was not accepted.')
  const text = body.trim()
  if (text === '') return talkOn({ ok: true })
  const json = /[/+]json\b/.test(contentType) ? parsed(text) : undefined
  const output = json === undefined ? { result: text } : json
  const whole = talkOn(output)
  return whole.output.length <= longestOutput
    ? whole
    : talkOn({ result: fitting(text), cut: 'The answer was longer than this.' })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As much of the text as fits into an output once it is quoted as JSON. */
function fitting(text: string): string {
  let cut = shorten(text, longestOutput - 200)
  while (JSON.stringify(cut).length > longestOutput - 100) cut = shorten(cut, Math.floor(cut.length * 0.8))
  return cut
}
