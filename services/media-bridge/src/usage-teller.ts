import type { SessionPlan } from '@toritsugi/contracts'
import {
  estimateTokens,
  type ModelResponse,
  noTokens,
  tokensOfResponse,
  usageOfTranscription,
} from '@toritsugi/realtime-protocol'
import type { Facts } from './bridge-events.ts'
import type { LiveResponse } from './live-response.ts'

/** Says what the model's work cost: once per response and per transcription, estimated when it does not tell. */
export type UsageTeller = {
  response(response: ModelResponse, live: LiveResponse | undefined): void
  /** This response's end never came. */
  responseLost(live: LiveResponse, because: string): void
  transcription(itemId: string, usage: unknown): void
  transcriptionLost(itemId: string, callerMs: number, because: string): void
}

export function usageTeller(parts: { epoch: number; plan: SessionPlan; facts: Facts }): UsageTeller {
  const { epoch, plan, facts } = parts
  const estimate = (live: LiveResponse, because: string): void =>
    facts.publish('usage.estimated', {
      usageId: live.id,
      epoch,
      kind: 'response',
      model: plan.model,
      tokens: estimateTokens({
        callerMs: live.callerMs,
        assistantMs: live.audioMs,
        textLength: live.textLength,
      }),
      seconds: null,
      because,
    })
  return {
    response(response, live) {
      const tokens = tokensOfResponse(response.usage)
      if (tokens !== null) {
        facts.publish('usage.recorded', {
          usageId: response.id,
          epoch,
          kind: 'response',
          model: plan.model,
          tokens,
          seconds: null,
        })
      } else if (live !== undefined && response.status !== 'failed') estimate(live, 'no-usage-given')
    },
    responseLost: estimate,
    transcription(itemId, usage) {
      const used = usageOfTranscription(usage)
      if (used === null || plan.transcription === null) return
      facts.publish('usage.recorded', {
        usageId: itemId,
        epoch,
        kind: 'transcription',
        model: plan.transcription.model,
        tokens: used.tokens,
        seconds: used.seconds,
      })
    },
    transcriptionLost(itemId, callerMs, because) {
      if (plan.transcription === null) return
      facts.publish('usage.estimated', {
        usageId: itemId,
        epoch,
        kind: 'transcription',
        model: plan.transcription.model,
        tokens: { ...noTokens, audioIn: Math.ceil(callerMs / 100) },
        seconds: null,
        because,
      })
    },
  }
}
