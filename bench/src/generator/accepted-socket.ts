import { Socket, type SocketConstructorOpts } from 'node:net'

type Handle = { readStart(): void }
type WithHandle = { _handle: Handle | null }

/**
 * Gives an accepted socket one reused buffer to read into. Node offers this (`onread`) only for sockets that
 * connect; without it every read costs 64 KiB of fresh memory, and at twenty thousand reads a second the
 * generator would measure its own garbage collector. So the connection is moved to a socket made with it.
 * @param accepted from a server with `pauseOnConnect`
 * @param read gets each chunk; valid only during the call
 */
export function readInto(accepted: Socket, shared: Buffer, read: (chunk: Buffer) => void): Socket {
  const handle = (accepted as unknown as WithHandle)._handle
  if (handle === null) return accepted
  ;(accepted as unknown as WithHandle)._handle = null
  const options = {
    handle,
    readable: true,
    writable: true,
    onread: {
      buffer: shared,
      callback: (length: number, buffer: Uint8Array) => {
        read((buffer as Buffer).subarray(0, length))
        return true
      },
    },
  }
  const socket = new Socket(options as SocketConstructorOpts)
  socket.setNoDelay(true)
  handle.readStart()
  return socket
}
