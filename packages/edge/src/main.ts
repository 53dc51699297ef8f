import { once } from 'node:events'
import { createLogger, listenHost, readConfig } from '@toritsugi/service-kit'
import { edgeConfig } from './config.ts'
import { createEdge } from './edge-server.ts'

async function main(): Promise<void> {
  const config = readConfig(edgeConfig, process.env)
  const log = createLogger({ service: 'edge', level: config.LOG_LEVEL })
  const edge = createEdge({
    origins: {
      'call-control': config.CALL_CONTROL_URL,
      'media-bridge': config.MEDIA_BRIDGE_URL,
      'realtime-session': config.REALTIME_SESSION_URL,
      handoff: config.HANDOFF_URL,
      transcript: config.TRANSCRIPT_URL,
    },
    onFault: ({ service: target, ...fault }) => log.warn({ target, ...fault }, 'service did not answer'),
  })
  const host = listenHost(config)
  await once(edge.listen(config.PORT, host), 'listening')
  log.info({ host, port: config.PORT }, 'edge started')
  const stop = (): void => {
    edge.close(() => process.exit(0))
    edge.closeIdleConnections()
    // Streams end with their calls; what is still there after the grace is cut.
    setTimeout(() => process.exit(0), config.STOP_GRACE_MS).unref()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

main().catch((error: unknown) => {
  process.stderr.write(`edge cannot start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
