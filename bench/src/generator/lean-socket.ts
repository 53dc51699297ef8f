import { writeSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'

type Handle = { readStart(): void; fd?: number }
type WithHandle = { _handle: Handle | null }

/**
 * Sockets of a generator that must cost less than what it measures. Both ways around the usual stream go by the
 * handle under a socket, which Node does not document; nothing but the bench may do so.
 */

/**
 * Writes at once, by the system call alone: no request object for each of forty thousand frames a second, which
 * would have to be collected again. What the socket does not take now goes the usual way, in order.
 * @param bytes may be changed by the caller afterwards
 */
export function writeNow(socket: Socket, bytes: Buffer): void {
  if (socket.destroyed) return
  const fd = (socket as unknown as WithHandle)._handle?.fd ?? -1
  if (fd < 0 || socket.connecting || socket.writableLength > 0) {
    socket.write(Buffer.from(bytes))
    return
  }
  let written = 0
  try {
    written = writeSync(fd, bytes)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EAGAIN') {
      socket.destroy(error as Error)
      return
    }
  }
  if (written < bytes.length) socket.write(Buffer.from(bytes.subarray(written)))
}

/**
 * Gives an accepted socket one reused buffer to read into. Node offers this (`onread`) only for sockets that
 * connect; without it every read costs 64 KiB of fresh memory, and at twenty thousand reads a second the
 * generator would measure its own garbage collector. So the connection is moved to a socket made with it.
 * @param accepted from a server with `pauseOnConnect`
 * @param read gets each chunk and its length; valid only during the call
 */
export function readInto(
  accepted: Socket,
  shared: Buffer,
  read: (chunk: Buffer, length: number) => void,
): Socket {
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
        read(buffer as Buffer, length)
        return true
      },
    },
  }
  const socket = new Socket(options as SocketConstructorOpts)
  socket.setNoDelay(true)
  handle.readStart()
  return socket
}
