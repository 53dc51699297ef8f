import type { Bus } from '@toritsugi/bus'
import { Fault, verifyKey } from '@toritsugi/contracts'
import type { ApiKeyIdentity, FindKey } from './api-key-auth.ts'

type Entry = { answer: Promise<ApiKeyIdentity | null>; until: number }

/**
 * Looks keys up over the bus, for services that do not keep them. Answers are remembered for a short time, so a
 * key that was taken back works at most `ttlMs` longer.
 * @throws Fault with the reply's code when call-control cannot be asked
 */
export function findKeyOverBus(
  bus: Pick<Bus, 'request'>,
  options: { ttlMs?: number; unknownTtlMs?: number; most?: number; now?: () => number } = {},
): FindKey {
  const { ttlMs = 10_000, unknownTtlMs = 2000, most = 1000, now = Date.now } = options
  const known = new Map<string, Entry>()

  const ask = async (keyHash: string): Promise<ApiKeyIdentity | null> => {
    const reply = await bus.request(verifyKey, { keyHash })
    if (!reply.ok) throw new Fault(reply.code, { detail: 'the API key cannot be checked now' })
    return reply.value.key
  }

  return async (keyHash) => {
    const entry = known.get(keyHash)
    if (entry && entry.until > now()) return entry.answer
    known.delete(keyHash)
    const fresh: Entry = { answer: ask(keyHash), until: now() + ttlMs }
    if (known.size >= most) {
      const [oldest] = known.keys()
      if (oldest !== undefined) known.delete(oldest)
    }
    known.set(keyHash, fresh)
    try {
      const identity = await fresh.answer
      if (identity === null) fresh.until = now() + unknownTtlMs
      return identity
    } catch (error) {
      known.delete(keyHash)
      throw error
    }
  }
}
