import type { SessionPlan } from '@toritsugi/contracts'
import {
  buildSessionUpdate,
  checkSessionUpdated,
  classifyError,
  readServerEvent,
} from '@toritsugi/realtime-protocol'
import type { RealtimeSocket } from './realtime-socket.ts'

/** What came of configuring a session. `refused`: the model does not take it; `lost`: its socket is gone or mute. */
export type Opening =
  | { is: 'ready'; minimal: boolean }
  | { is: 'refused'; code: string }
  | { is: 'lost'; code: string; again: boolean }

/**
 * Sends the one `session.update` and waits until it is answered: audio sent before would be read as 24 kHz PCM,
 * and a response would fix the wrong voice. A refused one is tried once more with what a call cannot do without.
 */
export async function openSession(
  socket: RealtimeSocket,
  plan: SessionPlan,
  timeoutMs: number,
): Promise<Opening> {
  const full = await configure(socket, plan, 'full', null, timeoutMs)
  if (full.is !== 'refused') return full.is === 'ready' ? { is: 'ready', minimal: false } : full
  const minimal = await configure(socket, plan, 'minimal', full.param, timeoutMs)
  return minimal.is === 'ready' ? { is: 'ready', minimal: true } : minimal
}

type Configured =
  | { is: 'ready' }
  | { is: 'refused'; code: string; param: string | null }
  | { is: 'lost'; code: string; again: boolean }

function configure(
  socket: RealtimeSocket,
  plan: SessionPlan,
  form: 'full' | 'minimal',
  refused: string | null,
  timeoutMs: number,
): Promise<Configured> {
  const update = buildSessionUpdate(plan, { eventId: `update-${form}`, form, refused })
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve({ is: 'lost', code: 'no-session-updated', again: true }),
      timeoutMs,
    )
    const settle = (configured: Configured): void => {
      clearTimeout(timer)
      resolve(configured)
    }
    socket.listen({
      message(bytes) {
        const event = readServerEvent(bytes)
        if (event.type === 'session.updated') {
          const check = checkSessionUpdated(event.session, update.session)
          settle(
            check.ok ? { is: 'ready' } : { is: 'refused', code: `wrong-${check.wrong}`, param: check.wrong },
          )
        } else if (event.type === 'error') {
          const { error } = event
          const code = error.code ?? error.type
          if (error.eventId === update.event_id) settle({ is: 'refused', code, param: error.param })
          else if (['retry', 'fatal'].includes(classifyError(error))) {
            settle({ is: 'lost', code, again: classifyError(error) === 'retry' })
          }
        }
      },
      closed: (code, again) => settle({ is: 'lost', code, again }),
      broke: () => settle({ is: 'lost', code: 'internal-bug', again: false }),
    })
    socket.send(update)
  })
}
