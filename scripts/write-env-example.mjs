#!/usr/bin/env node
// Writes .env.example from the services' own schemas of their environment. Needs the compiled code.
import { readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const importFrom = (path) => import(pathToFileURL(join(root, path)).href)

const HEAD = `# Every environment variable there is, from the services' own configuration schemas (pnpm generate writes this file).
# npm start sets all of them itself; with TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and PUBLIC_URL set it talks to the real
# carrier, with OPENAI_API_KEY to the real model. TORITSUGI_PORT_BASE (8080) is the first of its ten ports.

`

const { envExample } = await importFrom('packages/service-kit/dist/index.js')
const parts = [...readdirSync(join(root, 'services')).map((name) => `services/${name}`), 'packages/edge']
const schemas = []
for (const folder of parts) {
  const module = await importFrom(`${folder}/dist/config.js`)
  const schema = Object.values(module).find((value) => typeof value === 'object' && value && 'shape' in value)
  if (!schema) throw new Error(`${folder}/src/config.ts exports no schema`)
  schemas.push({ name: folder.split('/')[1], schema })
}
writeFileSync(join(root, '.env.example'), HEAD + envExample(schemas))
process.exit(0) // what was imported may hold the process
