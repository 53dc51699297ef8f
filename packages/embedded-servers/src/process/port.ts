import { createServer } from 'node:net'
import { StackFault } from './stack-fault.ts'

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address ? address.port : port
      server.close(() => resolve(bound))
    })
  })
}

/** A loopback port nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return listenOnce(0)
}

/** Whether this loopback port can be listened on. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port)
    return true
  } catch {
    return false
  }
}

/** Throws a sentence that names the port and who wanted it when the port is taken. */
export async function requirePort(port: number, wantedBy: string): Promise<void> {
  if (await isPortFree(port)) return
  throw new StackFault(
    `Port ${port}, wanted by ${wantedBy}, is already in use. ` +
      'Stop what listens there, or set TORITSUGI_PORT_BASE to the first of ten free ports.',
  )
}
