import type { Blame, EndReason, FactData, LegId } from '@toritsugi/contracts'
import { assertNever, go, type Step, stay } from '@toritsugi/machine'

/** One party's connection to a call. Instants are RFC 3339 with milliseconds, UTC. */
export type Leg = { readonly id: LegId; readonly party: 'caller' | 'human' } & (
  | { readonly is: 'dialing' }
  | { readonly is: 'ringing' }
  | { readonly is: 'answered'; readonly answeredAt: string }
  | {
      readonly is: 'ended'
      readonly answeredAt: string | null
      readonly endedAt: string
      readonly endReason: EndReason
      readonly blame: Blame
    }
)

export type LegEvent =
  | { readonly type: 'leg.rang' }
  | { readonly type: 'leg.answered'; readonly at: string }
  | {
      readonly type: 'leg.over'
      readonly at: string
      readonly endReason: EndReason
      readonly blame: Blame
      /** How long it was connected, as the carrier counts, ms; null when the carrier did not say. */
      readonly talkedMs: number | null
    }

export type LegCommand =
  | { readonly do: 'tell'; readonly type: 'leg.answered'; readonly data: FactData<'leg.answered'> }
  | { readonly do: 'tell'; readonly type: 'leg.ended'; readonly data: FactData<'leg.ended'> }

/** Only facts come in: what is late, repeated or out of order stays where it is. */
export function stepLeg(leg: Leg, event: LegEvent): Step<Leg, LegCommand> {
  if (leg.is === 'ended') return stay(leg)
  switch (event.type) {
    case 'leg.rang':
      return leg.is === 'dialing' ? go({ id: leg.id, party: leg.party, is: 'ringing' }) : stay(leg)
    case 'leg.answered':
      return leg.is === 'answered' ? stay(leg) : answer(leg, event.at)
    case 'leg.over': {
      const answeredAt = leg.is === 'answered' ? leg.answeredAt : unnoticedAnswer(event)
      const { endReason, blame, at: endedAt } = event
      const ended: Leg = {
        id: leg.id,
        party: leg.party,
        is: 'ended',
        answeredAt,
        endedAt,
        endReason,
        blame,
      }
      return go<Leg, LegCommand>(ended, {
        do: 'tell',
        type: 'leg.ended',
        data: { legId: leg.id, party: leg.party, endReason, blame, endedAt },
      })
    }
    default:
      return assertNever(event)
  }
}

function answer(leg: Leg, answeredAt: string): Step<Leg, LegCommand> {
  return go<Leg, LegCommand>(
    { id: leg.id, party: leg.party, is: 'answered', answeredAt },
    { do: 'tell', type: 'leg.answered', data: { legId: leg.id, party: leg.party, answeredAt } },
  )
}

/** Every sign of the answer was lost, but the carrier counted seconds. */
function unnoticedAnswer(over: { at: string; talkedMs: number | null }): string | null {
  if (over.talkedMs === null || over.talkedMs <= 0) return null
  return new Date(Date.parse(over.at) - over.talkedMs).toISOString()
}
