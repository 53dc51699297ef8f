import { startService } from '@toritsugi/service-kit'
import { buildApp } from './build-app.ts'
import { transcriptConfig } from './config.ts'

await startService({ name: 'transcript', config: transcriptConfig, build: buildApp })
