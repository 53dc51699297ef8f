import { z } from 'zod'
import { DeskId, E164, Language } from './ids.ts'

/** A group of people, or a number, who take callers over. */
export const Desk = z
  .strictObject({
    id: DeskId,
    name: z.string().min(1).max(100),
    numbers: z.array(E164).min(1).max(20),
    language: Language,
    /** `key`: a person accepts by pressing 1. `staffed`: whoever answers is a person; the key may be skipped in cold transfers. */
    answers: z.enum(['key', 'staffed']),
  })
  .meta({ id: 'Desk' })
export type Desk = z.infer<typeof Desk>

export const DeskList = z.strictObject({ items: z.array(Desk) }).meta({ id: 'DeskList' })
