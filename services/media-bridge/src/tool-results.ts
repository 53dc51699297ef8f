import type { SessionPlan } from '@toritsugi/contracts'
import { dialogueItem } from '@toritsugi/realtime-protocol'
import type { Intent } from './core/stream.ts'
import type { Floor } from './floor.ts'
import { sayExactly } from './phrases.ts'
import type { PresentSession } from './present-session.ts'
import type { ToolEars } from './tool-runner.ts'

/** What is done with the results of tools: the model is told, goes on, or ends the call. */
export function toolResults(parts: {
  plan: SessionPlan
  session: PresentSession
  floor: Floor
  isDraining(): boolean
  endWanted(intent: Intent, farewell: { words: string } | 'said'): void
}): ToolEars {
  const { plan, session, floor, isDraining } = parts
  return {
    result(call, output, askedIn) {
      // A session that was opened meanwhile was not told of this call.
      if (askedIn !== session.number()) {
        const { callId: toolCallId, name, arguments: given } = call
        session.createItem(dialogueItem({ kind: 'tool-call', toolCallId, name, arguments: given }))
      }
      session.createItem(dialogueItem({ kind: 'tool-result', toolCallId: call.callId, output }))
    },
    allIn(responseId, next) {
      floor.unwanted('filler')
      if (next.what === 'talk-on') {
        if (!isDraining()) floor.want('tools', null)
        return
      }
      const spoke = floor.response(responseId)?.spoke ?? false
      parts.endWanted(
        { what: 'end', reason: 'assistant-ended' },
        spoke ? 'said' : { words: next.farewell ?? plan.phrases.goodbye },
      )
    },
    slow() {
      const { filler } = plan.phrases
      if (!isDraining() && filler !== '') floor.want('filler', sayExactly(plan, filler))
    },
  }
}
