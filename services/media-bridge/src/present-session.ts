import type { ClientEvent, ConversationItem } from '@toritsugi/realtime-protocol'
import type { RealtimeSocket } from './realtime-socket.ts'

/** The session that is open now, for everybody who has something to say to the model. */
export type PresentSession = {
  begin(socket: RealtimeSocket, number: number): void
  end(): void
  isOpen(): boolean
  /** Which session of the stream it is, or was; 0 before the first. */
  number(): number
  /** Says nothing while none is open. */
  send(event: ClientEvent): void
  /** An id for an event, so that a refusal of it is known again. @param what the event is about */
  nextId(what: string): string
  createItem(item: ConversationItem): void
}

export function presentSession(): PresentSession {
  let socket: RealtimeSocket | undefined
  let number = 0
  let events = 0
  const send = (event: ClientEvent): void => socket?.send(event)
  const nextId = (what: string): string => `${what}-${number}-${++events}`
  return {
    begin(next, of) {
      socket = next
      number = of
    },
    end() {
      socket = undefined
    },
    isOpen: () => socket !== undefined,
    number: () => number,
    send,
    nextId,
    createItem: (item) => send({ type: 'conversation.item.create', event_id: nextId('item'), item }),
  }
}
