import type { FactData } from '@toritsugi/contracts'

/** How a stream came to its end: as the bridge says, or as others noticed. */
export type StreamEnd = FactData<'stream.ended'>['because'] | 'carrier-error' | 'pod-lost' | 'nobody-holds-it'

/** One stream of a call, from the moment its token was handed out. */
export type StreamRecord = {
  readonly epoch: number
  readonly offeredAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly because: StreamEnd | null
}

/** As many as are remembered of one call. */
export const rememberedStreams = 10

/** Streams that may be offered within the window, and how long one must last not to count as short. */
const mostStreams = 3
const windowMs = 60_000
const shortMs = 5000

/**
 * Whether one more stream may be offered: there were fewer than three within the last minute, and not two in
 * a row that lasted under five seconds. One that never started lasted no time at all.
 */
export function mayOfferStream(streams: readonly StreamRecord[], at: string): boolean {
  const now = Date.parse(at)
  if (streams.filter((stream) => now - Date.parse(stream.offeredAt) < windowMs).length >= mostStreams) {
    return false
  }
  const lastTwo = streams.slice(-2)
  return lastTwo.length < 2 || !lastTwo.every((stream) => lengthMs(stream, now) < shortMs)
}

function lengthMs(stream: StreamRecord, now: number): number {
  if (stream.startedAt === null) return 0
  return (stream.endedAt === null ? now : Date.parse(stream.endedAt)) - Date.parse(stream.startedAt)
}

/** Adds or changes the record of an epoch; the oldest are forgotten. */
export function withStream(
  streams: readonly StreamRecord[],
  epoch: number,
  change: Partial<Omit<StreamRecord, 'epoch'>> & { offeredAt: string },
): readonly StreamRecord[] {
  const known = streams.find((stream) => stream.epoch === epoch)
  const { offeredAt, ...rest } = change
  const record: StreamRecord = {
    epoch,
    offeredAt: known?.offeredAt ?? offeredAt,
    startedAt: known?.startedAt ?? null,
    endedAt: known?.endedAt ?? null,
    because: known?.because ?? null,
    ...rest,
  }
  return [...streams.filter((stream) => stream.epoch !== epoch), record]
    .sort((a, b) => a.epoch - b.epoch)
    .slice(-rememberedStreams)
}
