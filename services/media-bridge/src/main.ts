import { startService } from '@toritsugi/service-kit'
import { buildApp } from './build-app.ts'
import { configSchema } from './config.ts'

await startService({ name: 'media-bridge', config: configSchema, build: buildApp })
