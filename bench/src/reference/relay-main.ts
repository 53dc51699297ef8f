import { startReferenceRelay } from './relay.ts'

const modelUrl = process.argv[2]
if (modelUrl === undefined) throw new Error('usage: relay-main <url of the model>')
const relay = await startReferenceRelay(modelUrl)
process.stdout.write(`${JSON.stringify({ port: relay.port })}\n`)
// A profile is written only by a process that ends by itself.
process.once('SIGTERM', () => process.exit(0))
