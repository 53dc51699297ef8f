import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type FaultKind, type FaultList, type FaultOf, isAt } from '../faults.ts'
import type { RequestEnd, RequestRecord } from './request-log.ts'

/** One piece of an answer and how long it took to make, in ms after the piece before it. */
export type Piece = { waitMs: number; bytes: string | Uint8Array }

export type Answer = { headers: Readonly<Record<string, string>>; pieces: Iterable<Piece> }

/** How long a client may leave an answer unread. */
const UNREAD_MS = 60_000

/** Takes a waiting fault of this kind that is meant for this request. */
export function takeFault<K extends FaultKind>(
  faults: FaultList,
  kind: K,
  { index, endpoint }: RequestRecord,
): FaultOf<K> | null {
  return faults.take(kind, null, (fault) => isAt(fault as { request?: number }, index, endpoint))
}

/**
 * Sends an answer piece by piece at the pace at which it is made, as far as the faults let it. Resolves when it is
 * over or the client has gone.
 */
export async function deliver(
  response: ServerResponse,
  answer: Answer,
  record: RequestRecord,
  faults: FaultList,
): Promise<RequestEnd> {
  const gone = new AbortController()
  const leave = () => gone.abort()
  response.once('close', leave)
  const slow = takeFault(faults, 'slow-answer', record)
  const stall = takeFault(faults, 'stall-answer', record)
  const drop = takeFault(faults, 'drop-answer', record)
  const { signal } = gone
  let sent = 0
  let dueAt = performance.now() + (slow?.firstByteMs ?? 0)
  try {
    for (const { waitMs, bytes } of answer.pieces) {
      dueAt += waitMs + (sent > 0 ? (slow?.betweenMs ?? 0) : 0)
      const ms = dueAt - performance.now()
      if (ms > 1) await pause(ms, undefined, { signal })
      if (stall && sent >= (stall.after ?? 0)) return await untilGone(response, signal)
      if (!response.headersSent) response.writeHead(200, answer.headers)
      record.firstByteAt ??= performance.now()
      if (drop && sent >= (drop.after ?? 0)) return tear(response, bytes)
      sent += 1
      if (!response.write(bytes)) await drained(response, signal)
      if (signal.aborted) return 'client-left'
    }
    if (stall) return await untilGone(response, signal)
    if (drop) return tear(response, '')
    response.off('close', leave)
    response.end()
    return 'whole'
  } catch (error) {
    response.destroy()
    if (signal.aborted) return 'client-left'
    if ((error as Error).name === 'AbortError') return 'unread'
    throw error
  }
}

async function untilGone(response: ServerResponse, signal: AbortSignal): Promise<RequestEnd> {
  if (!signal.aborted) await once(response, 'close')
  return 'client-left'
}

/** Half of a piece goes out before the connection is torn, so that the break is in the middle of something. */
function tear(response: ServerResponse, bytes: string | Uint8Array): RequestEnd {
  const half = Buffer.from(bytes as string).subarray(0, Math.ceil(bytes.length / 2))
  const { socket } = response
  if (half.length === 0) setImmediate(() => socket?.destroy())
  else response.write(half, () => socket?.destroy())
  return 'dropped'
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(UNREAD_MS)])
  await once(response, 'drain', { signal: deadline })
}
