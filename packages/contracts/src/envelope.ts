import { z } from 'zod'
import { CallId, EventId, Instant } from './ids.ts'

/**
 * Who says it: `/call-control`, or `/media-bridge/<epoch>` for a fact about one stream, so that a consumer can
 * refuse the facts of an older epoch.
 */
export const Source = z
  .string()
  .regex(/^\/[a-z-]+(\/[1-9][0-9]*)?$/, 'must be /<service> or /media-bridge/<epoch>')
  .meta({ id: 'Source' })

/**
 * The envelope of every fact on the bus: CloudEvents 1.0, structured JSON. `subject` is the callId (absent on
 * platform facts). `sequence` counts from 1 per call and source; `causationid` is the id of the fact or command
 * that led to this one.
 */
export const Envelope = z
  .strictObject({
    specversion: z.literal('1.0'),
    id: EventId,
    type: z.string().regex(/^[a-z-]+(\.[a-z-]+)+$/),
    source: Source,
    subject: CallId.optional(),
    time: Instant,
    datacontenttype: z.literal('application/json'),
    sequence: z.number().int().min(1),
    causationid: z.string().min(1).max(200).optional(),
    traceparent: z
      .string()
      .regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
      .optional(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Envelope' })

export type Envelope = z.infer<typeof Envelope>

/** The epoch a source speaks for, or null when it is not a stream's source. */
export function epochOfSource(source: string): number | null {
  const epoch = /^\/media-bridge\/([1-9][0-9]*)$/.exec(source)?.[1]
  return epoch === undefined ? null : Number(epoch)
}
