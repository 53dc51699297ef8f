import { assertNever, go, type Step, stay } from '@toritsugi/machine'

/** The caller says nothing: asked again a few times, then the call is ended politely. Times are monotonic ms. */
export type CallerSilence = {
  /** Since when it is the caller's turn; null while it is not. */
  since: number | null
  reprompts: number
}

export type SilenceEvent =
  /** It is the caller's turn since the last mark was heard at `since`; null: somebody speaks or works. */
  | { type: 'ticked'; at: number; since: number | null; repromptAfterMs: number; mostReprompts: number }
  /** The caller spoke or pressed a key. */
  | { type: 'caller.acted' }

export type SilenceCommand = { type: 'reprompt' } | { type: 'give-up' }

export const newSilence = (): CallerSilence => ({ since: null, reprompts: 0 })

export function stepSilence(
  silence: CallerSilence,
  event: SilenceEvent,
): Step<CallerSilence, SilenceCommand> {
  switch (event.type) {
    case 'caller.acted':
      return go({ since: null, reprompts: 0 })
    case 'ticked': {
      if (event.since === null)
        return silence.since === null ? stay(silence) : go({ ...silence, since: null })
      if (event.at - event.since < event.repromptAfterMs) return go({ ...silence, since: event.since })
      return silence.reprompts < event.mostReprompts
        ? go<CallerSilence, SilenceCommand>(
            { since: null, reprompts: silence.reprompts + 1 },
            { type: 'reprompt' },
          )
        : go<CallerSilence, SilenceCommand>({ ...silence, since: null }, { type: 'give-up' })
    }
    default:
      return assertNever(event)
  }
}
