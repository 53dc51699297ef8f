import { assertNever, go, type Step, stay } from '@toritsugi/machine'

/** Keys pressed on the telephone, collected until a pause or `#`. Times are monotonic ms. */
export type Keys = { pressed: string; firstAt: number; lastAt: number }

export type KeysEvent = { type: 'pressed'; digit: string; at: number } | { type: 'ticked'; at: number }

/** The caller has entered this. */
export type KeysCommand = { type: 'entered'; keys: string; firstAt: number }

export const noKeys = (): Keys => ({ pressed: '', firstAt: 0, lastAt: 0 })

/** A pause that ends an entry. */
export const keysPauseMs = 1500
/** More than any card number or telephone number. */
const mostKeys = 64

export function stepKeys(keys: Keys, event: KeysEvent): Step<Keys, KeysCommand> {
  switch (event.type) {
    case 'pressed': {
      if (!/^[0-9*#A-D]$/.test(event.digit)) return stay(keys)
      const pressed = keys.pressed + event.digit
      const firstAt = keys.pressed === '' ? event.at : keys.firstAt
      if (event.digit === '#' || pressed.length >= mostKeys) return entered(pressed, firstAt)
      return go({ pressed, firstAt, lastAt: event.at })
    }
    case 'ticked':
      if (keys.pressed === '' || event.at - keys.lastAt < keysPauseMs) return stay(keys)
      return entered(keys.pressed, keys.firstAt)
    default:
      return assertNever(event)
  }
}

const entered = (keys: string, firstAt: number): Step<Keys, KeysCommand> =>
  go<Keys, KeysCommand>(noKeys(), { type: 'entered', keys, firstAt })
