import { serviceVariables } from '@toritsugi/service-kit'
import { z } from 'zod'

const origin = (port: number, service: string) =>
  z
    .url({ protocol: /^http$/, error: 'must be an address like http://127.0.0.1:8081' })
    .default(`http://127.0.0.1:${port}`)
    .describe(`Private address of ${service}`)

/** The environment of the edge. */
export const edgeConfig = z.object({
  ...serviceVariables(8080),
  CALL_CONTROL_URL: origin(8081, 'call-control'),
  MEDIA_BRIDGE_URL: origin(8082, 'media-bridge'),
  REALTIME_SESSION_URL: origin(8083, 'realtime-session'),
  HANDOFF_URL: origin(8084, 'handoff'),
  TRANSCRIPT_URL: origin(8085, 'transcript'),
})
export type EdgeConfig = z.infer<typeof edgeConfig>
