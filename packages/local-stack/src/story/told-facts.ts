import type { Envelope } from '@toritsugi/contracts'

let made = 0

/** An envelope for tests of the story: `ms` after ten o'clock, with just the data that matters. */
export function fact(type: string, ms: number, data: Record<string, unknown>): Envelope {
  made++
  return {
    specversion: '1.0',
    id: `evt_${made.toString(16).padStart(32, '0')}`,
    type,
    source: '/call-control',
    subject: `call_${'0'.repeat(32)}`,
    time: new Date(Date.UTC(2026, 10, 21, 10) + ms).toISOString(),
    datacontenttype: 'application/json',
    sequence: made,
    data,
  } as Envelope
}

/** The part every fact about a turn has. */
export function turn(turnId: string, by: 'caller' | 'assistant'): Record<string, unknown> {
  return { turnId, by, epoch: 1, order: 1, itemId: null, startMs: 0 }
}
