/**
 * The few parts of RFC 6455 ("The WebSocket Protocol") a load generator needs, on plain bytes: whole text frames
 * are built once and patched, and what comes back is read in place, without an object per message.
 */

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
const EMPTY: Buffer = Buffer.alloc(0)

/** A mask that is not zero, so that the receiver has to do the work a real client makes it do. */
export const MASK: Buffer = Buffer.from([0x4a, 0xc3, 0x17, 0xe8])

/** Length of the head of a frame with this many bytes of payload. */
export function headLength(payloadLength: number, masked: boolean): number {
  const base = payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10
  return base + (masked ? 4 : 0)
}

/** One whole frame. A masked one (from a client) carries `MASK`. */
export function frameOf(payload: Buffer, masked: boolean, opcode: number = OPCODE.text): Buffer {
  const head = headLength(payload.length, masked)
  const frame = Buffer.allocUnsafe(head + payload.length)
  writeHead(frame, payload.length, masked, opcode)
  payload.copy(frame, head)
  if (masked) applyMask(frame, head, frame.length, MASK, 0)
  return frame
}

/** A whole text frame of a server: head and text in one buffer. */
export function serverText(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = headLength(length, false)
  const frame = Buffer.allocUnsafe(head + length)
  writeHead(frame, length, false, OPCODE.text)
  frame.write(text, head)
  return frame
}

/** Writes the head of a frame at the start of `frame`. */
export function writeHead(frame: Buffer, payloadLength: number, masked: boolean, opcode: number): void {
  const bit = masked ? 0x80 : 0
  frame[0] = 0x80 | opcode
  let at = 2
  if (payloadLength < 126) frame[1] = bit | payloadLength
  else if (payloadLength < 65_536) {
    frame[1] = bit | 126
    frame.writeUInt16BE(payloadLength, 2)
    at = 4
  } else {
    frame[1] = bit | 127
    frame.writeBigUInt64BE(BigInt(payloadLength), 2)
    at = 10
  }
  if (masked) MASK.copy(frame, at)
}

/** Masks or unmasks in place; `phase` is the place of `from` in the payload, modulo 4. */
export function applyMask(bytes: Buffer, from: number, to: number, mask: Buffer, phase: number): void {
  for (let i = from, k = phase; i < to; i++, k++) {
    bytes[i] = (bytes[i] as number) ^ (mask[k & 3] as number)
  }
}

/** Unmasks a payload by the mask that stands before it. */
function unmask(bytes: Buffer, from: number, to: number): void {
  const mask = from - 4
  for (let i = from; i < to; i++) bytes[i] = (bytes[i] as number) ^ (bytes[mask + ((i - from) & 3)] as number)
}

export type FrameHandler = {
  /** A whole text message: `bytes[start, end)`, unmasked. Valid only during the call. */
  text(bytes: Buffer, start: number, end: number): void
  ping(payload: Buffer): void
  close(code: number): void
  /** Something a peer must not send: the reader stops. */
  fault(what: string): void
}

const LONGEST_MESSAGE = 32 * 1024 * 1024

/** Cuts a stream of bytes into messages. Give it every chunk that arrives; it unmasks them in place. */
export class FrameReader {
  readonly #handler: FrameHandler
  #rest: Buffer = EMPTY
  #parts: Buffer[] = []
  #stopped = false

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  push(chunk: Buffer, length = chunk.length): void {
    if (this.#stopped) return
    let bytes = chunk
    let until = length
    if (this.#rest.length > 0) {
      bytes = Buffer.concat([this.#rest, chunk.subarray(0, length)])
      until = bytes.length
    }
    let at = 0
    while (!this.#stopped) {
      const end = this.#readFrame(bytes, at, until)
      if (end === at) break
      at = end
    }
    // A copy: the chunk may be a buffer that its owner fills again.
    this.#rest = at === until ? EMPTY : Buffer.from(bytes.subarray(at, until))
  }

  /** Reads the frame at `at` and returns where it ends, or `at` when it is not all there. */
  #readFrame(bytes: Buffer, at: number, until: number): number {
    const left = until - at
    if (left < 2) return at
    const first = bytes[at] as number
    const second = bytes[at + 1] as number
    let length = second & 0x7f
    let head = 2
    if (length === 126) {
      if (left < 4) return at
      length = bytes.readUInt16BE(at + 2)
      head = 4
    } else if (length === 127) {
      if (left < 10) return at
      length = Number(bytes.readBigUInt64BE(at + 2))
      head = 10
    }
    if (length > LONGEST_MESSAGE) return this.#stop(`a message of ${length} bytes`, at)
    const masked = (second & 0x80) !== 0
    if (masked) head += 4
    const end = at + head + length
    if (end > until) return at
    const start = at + head
    if (masked) unmask(bytes, start, end)
    this.#take(first, bytes, start, end)
    return end
  }

  #take(first: number, bytes: Buffer, start: number, end: number): void {
    const opcode = first & 0x0f
    const whole = (first & 0x80) !== 0
    if (opcode === OPCODE.text && whole) {
      this.#handler.text(bytes, start, end)
    } else if (opcode === OPCODE.text || opcode === OPCODE.continuation) {
      this.#parts.push(Buffer.from(bytes.subarray(start, end)))
      if (!whole) return
      const message = Buffer.concat(this.#parts)
      this.#parts = []
      this.#handler.text(message, 0, message.length)
    } else if (opcode === OPCODE.ping) this.#handler.ping(Buffer.from(bytes.subarray(start, end)))
    else if (opcode === OPCODE.close) {
      this.#handler.close(end - start >= 2 ? bytes.readUInt16BE(start) : 1005)
    } else if (opcode !== OPCODE.pong) this.#stop(`a frame with opcode ${opcode}`, start)
  }

  #stop(what: string, at: number): number {
    this.#stopped = true
    this.#handler.fault(what)
    return at
  }
}

/** A pong that answers a ping, masked when we are the client. */
export const pongOf = (payload: Buffer, masked: boolean): Buffer => frameOf(payload, masked, OPCODE.pong)

/** A close frame with a code, masked when we are the client. */
export function closeOf(code: number, masked: boolean): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return frameOf(payload, masked, OPCODE.close)
}
