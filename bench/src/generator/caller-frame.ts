import { FRAME_BODIES, frameBodyIndex, frameCode, HEAD_CHARS, unitText, writeHead } from './audio-code.ts'
import { applyMask, frameOf, headLength, MASK } from './websocket-frames.ts'

const maskedBodies: readonly (readonly Buffer[])[] = [0, 1, 2, 3].map((phase) =>
  FRAME_BODIES.map((body) => {
    const masked = Buffer.from(body)
    applyMask(masked, 0, masked.length, MASK, phase)
    return masked
  }),
)

const digitsOf = (n: number): number => (n < 10 ? 1 : 1 + digitsOf(Math.floor(n / 10)))

/**
 * One `media` message of the carrier as a whole masked WebSocket frame, kept and patched in place from frame to
 * frame: only the numbers and the payload change. Shape by "Media Streams - WebSocket Messages".
 */
export class CallerFrame {
  readonly #streamSid: string
  readonly #call: number
  #bytes: Buffer = Buffer.alloc(0)
  #widths = 0
  #head = 0
  #sequenceAt = 0
  #chunkAt = 0
  #timestampAt = 0
  #payloadAt = 0

  constructor(streamSid: string, call: number) {
    this.#streamSid = streamSid
    this.#call = call
  }

  /**
   * The frame to write. Valid until the next call.
   * @param seq number of the unit of audio, from 0
   */
  patch(sequenceNumber: number, chunk: number, timestampMs: number, seq: number): Buffer {
    const widths = digitsOf(sequenceNumber) * 10_000 + digitsOf(chunk) * 100 + digitsOf(timestampMs)
    if (widths !== this.#widths) {
      this.#widths = widths
      this.#build(sequenceNumber, chunk, timestampMs, seq)
      return this.#bytes
    }
    this.#writeNumber(this.#sequenceAt, sequenceNumber)
    this.#writeNumber(this.#chunkAt, chunk)
    this.#writeNumber(this.#timestampAt, timestampMs)
    writeHead(this.#bytes, this.#payloadAt, this.#call, seq)
    const bodyAt = this.#payloadAt + HEAD_CHARS
    applyMask(this.#bytes, this.#payloadAt, bodyAt, MASK, (this.#payloadAt - this.#head) & 3)
    const bodies = maskedBodies[(bodyAt - this.#head) & 3] as readonly Buffer[]
    ;(bodies[frameBodyIndex(this.#call, seq)] as Buffer).copy(this.#bytes, bodyAt)
    return this.#bytes
  }

  #build(sequenceNumber: number, chunk: number, timestampMs: number, seq: number): void {
    const beforeSequence = '{"event":"media","sequenceNumber":"'
    const beforeChunk = `${beforeSequence}${sequenceNumber}","streamSid":"${this.#streamSid}","media":{"track":"inbound","chunk":"`
    const beforeTimestamp = `${beforeChunk}${chunk}","timestamp":"`
    const beforePayload = `${beforeTimestamp}${timestampMs}","payload":"`
    const payload = unitText(frameCode, this.#call, seq).toString('latin1')
    const text = Buffer.from(`${beforePayload}${payload}"}}`)
    this.#bytes = frameOf(text, true)
    this.#head = headLength(text.length, true)
    // The number just before each place ends there: its last digit is one character earlier.
    this.#sequenceAt = this.#head + beforeSequence.length + digitsOf(sequenceNumber) - 1
    this.#chunkAt = this.#head + beforeChunk.length + digitsOf(chunk) - 1
    this.#timestampAt = this.#head + beforeTimestamp.length + digitsOf(timestampMs) - 1
    this.#payloadAt = this.#head + beforePayload.length
  }

  #writeNumber(lastDigitAt: number, value: number): void {
    let rest = value
    let at = lastDigitAt
    do {
      const tens = Math.floor(rest / 10)
      const digit = 48 + rest - tens * 10
      this.#bytes[at] = digit ^ (MASK[(at - this.#head) & 3] as number)
      at--
      rest = tens
    } while (rest > 0)
  }
}
