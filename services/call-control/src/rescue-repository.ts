import type { CallId } from '@toritsugi/contracts'
import type { Tx } from '@toritsugi/db'

/** Calls redirected within the last 10 s may be a tenth of all that are in progress, and at least one. */
const windowSeconds = 10
const share = 0.1

/**
 * Whether one more call may be redirected now. Two that ask at the same time are asked one after the other, and
 * the second sees the first.
 */
export async function mayRescue(tx: Tx): Promise<boolean> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('call_control/rescue', 0))`
  const [row] = await tx.$queryRaw<{ recent: number; live: number }[]>`
    SELECT
      (SELECT count(*)::int FROM "call_control"."call"
        WHERE rescued_at > clock_timestamp() - make_interval(secs => ${windowSeconds})) AS recent,
      (SELECT count(*)::int FROM "call_control"."call" WHERE state IN ('ringing', 'in-progress')) AS live`
  const { recent = 0, live = 0 } = row ?? {}
  return recent < Math.max(1, Math.floor(live * share))
}

/** Counts the call among those redirected. */
export async function markRescued(tx: Tx, callId: CallId): Promise<void> {
  await tx.$executeRaw`
    UPDATE "call_control"."call" SET rescued_at = clock_timestamp() WHERE id = ${callId}`
}
