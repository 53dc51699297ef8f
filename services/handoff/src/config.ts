import { busVariables, databaseVariables, serviceVariables } from '@toritsugi/service-kit'
import { z } from 'zod'

/** Environment of handoff. */
export const handoffConfig = z.object({
  ...serviceVariables(8084),
  ...busVariables,
  ...databaseVariables,
})
export type HandoffConfig = z.output<typeof handoffConfig>
