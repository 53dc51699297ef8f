import type { IncomingMessage } from 'node:http'

/** Why a body could not be read. */
export type BodyProblem = 'too-large' | 'too-slow' | 'broken-off'

/**
 * Reads a request's body as text, at most `limit` bytes, which must be there within `timeoutMs`.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  timeoutMs = 30_000,
): Promise<{ text: string } | { problem: BodyProblem }> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let length = 0
    const end = (result: { text: string } | { problem: BodyProblem }) => {
      clearTimeout(timer)
      request.off('data', take)
      resolve(result)
    }
    const take = (piece: Buffer) => {
      length += piece.length
      if (length <= limit) pieces.push(piece)
      else {
        // The rest is read and thrown away, so that the answer is not lost in a reset.
        request.resume()
        end({ problem: 'too-large' })
      }
    }
    const timer = setTimeout(() => end({ problem: 'too-slow' }), timeoutMs)
    request.on('data', take)
    request.on('end', () => end({ text: Buffer.concat(pieces).toString() }))
    request.on('error', () => end({ problem: 'broken-off' }))
    request.on('close', () => end({ problem: 'broken-off' }))
  })
}
