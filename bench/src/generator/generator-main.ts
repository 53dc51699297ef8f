import { runLoad } from './load.ts'
import type { LoadSpec } from './load-types.ts'
import { startModelServer } from './model-server.ts'

/** The generator as a process of its own: says its model's port, runs the loads it is sent, one after another. */

export type GeneratorRequest = { run: LoadSpec } | { idleSessions: true }

const model = await startModelServer()
const send = (message: object): void => {
  process.send?.(message)
}

process.on('message', (message: GeneratorRequest) => {
  if ('idleSessions' in message) return send({ idleSessions: model.idleSessions() })
  runLoad(message.run, model).then(
    (result) => send({ result }),
    (error: unknown) => send({ failed: String(error) }),
  )
})
// The bench is gone: nobody wants the figures any more.
process.on('disconnect', () => process.exit(0))
send({ modelPort: model.port })
