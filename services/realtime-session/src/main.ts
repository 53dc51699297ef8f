import { startService } from '@toritsugi/service-kit'
import { buildApp } from './build-app.ts'
import { sessionConfig } from './config.ts'

await startService({ name: 'realtime-session', config: sessionConfig, build: buildApp })
