import { startService } from '@toritsugi/service-kit'
import { buildApp } from './build-app.ts'
import { handoffConfig } from './config.ts'

await startService({ name: 'handoff', config: handoffConfig, build: buildApp })
