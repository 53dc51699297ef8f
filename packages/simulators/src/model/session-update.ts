import { mergeUpdate, refuseUpdate } from './core/session-config.ts'
import { isObject, type JsonObject, type Problem } from './protocol/shape.ts'
import type { RealtimeSession } from './session.ts'

/** `session.update`: merged as a whole or refused as a whole. It holds from the sending of `session.updated`. */
export function updateSession(session: RealtimeSession, event: JsonObject): Problem | null {
  const update = isObject(event.session) ? event.session : {}
  const { faults, index, switches, traits } = session.surroundings
  const refusal = faults.take('refuse-update', index)
  if (refusal) {
    const { code = 'invalid_value', message = 'Invalid session.', param = null, type } = refusal
    return { code, message, param, ...(type === undefined ? {} : { type }) }
  }
  const problem = refuseUpdate(session.config, update, traits, {
    spoke: session.spoke,
    speaking: session.activeResponse !== undefined,
    formatLocked: session.spoke && switches.formatAfterAudio === 'refused',
  })
  if (problem) return problem
  const delay = faults.take('delay', index, (fault) => fault.event === 'session.updated')
  if (delay) session.later(delay.ms, () => apply(session, update))
  else apply(session, update)
  return null
}

function apply(session: RealtimeSession, update: JsonObject): void {
  session.config = mergeUpdate(session.config, update)
  const { format, turn_detection: detection } = session.config.audio.input
  session.input.configure(format, detection)
  session.suspicion.reset()
  session.isUpdated = true
  session.send('session.updated', { session: session.config })
  if (session.config.tools.some(({ type }) => type === 'mcp')) {
    session.suspect('mcp-not-simulated', 'MCP servers are not reached from here; their tools stay unlisted.')
  }
}
