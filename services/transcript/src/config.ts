import { busVariables, databaseVariables, serviceVariables } from '@toritsugi/service-kit'
import { z } from 'zod'

/** Environment of transcript. */
export const transcriptConfig = z.object({
  ...serviceVariables(8085),
  ...busVariables,
  ...databaseVariables,
})
export type TranscriptConfig = z.output<typeof transcriptConfig>
