import { startService } from '@toritsugi/service-kit'
import { buildApp } from './build-app.ts'
import { callControlConfig } from './config.ts'

await startService({ name: 'call-control', config: callControlConfig, build: buildApp })
