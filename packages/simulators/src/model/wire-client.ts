import { encodeMulaw } from '@toritsugi/audio'
import { WebSocket } from 'ws'
import type { Model } from './model.ts'
import type { JsonObject } from './protocol/shape.ts'

export type WireOptions = {
  query?: string
  path?: string
  headers?: Record<string, string>
  secure?: boolean
}

export type ServerEvent = JsonObject & { type: string }

const TIMEOUT_MS = 8000

/** A bare client of the Realtime API for tests: sends what it is told and keeps what it gets, in order. */
export class WireClient {
  readonly events: ServerEvent[] = []
  readonly socket: WebSocket
  /** Settles when the socket is closed. */
  readonly closed: Promise<{ code: number; reason: string }>
  /** Settles when the upgrade was refused, with the HTTP answer. */
  readonly refused: Promise<{ status: number; body: string; headers: JsonObject }>
  #cursor = 0
  #look: (() => void) | null = null

  constructor(model: Model, options: WireOptions = {}) {
    const base = (options.secure ? model.wssUrl : model.url).replace(/\/v1\/realtime$/, '')
    const query = options.query ?? '?model=gpt-realtime-2.1'
    const headers = options.headers ?? { authorization: `Bearer ${model.apiKey}` }
    this.socket = new WebSocket(`${base}${options.path ?? '/v1/realtime'}${query}`, {
      headers,
      ...(options.secure ? { ca: model.ca } : {}),
    })
    this.socket.on('message', (data) => {
      this.events.push(JSON.parse(data.toString()))
      this.#look?.()
    })
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    this.refused = new Promise((resolve) => {
      this.socket.on('unexpected-response', (_, response) => {
        let body = ''
        response.on('data', (piece) => {
          body += piece
        })
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body, headers: { ...response.headers } })
          this.socket.terminate()
        })
      })
    })
    this.socket.on('error', () => undefined)
  }

  /** Connects, waits for `session.created`, and sets a session of µ-law both ways with these further settings. */
  static async ready(model: Model, session: JsonObject = {}, input: JsonObject = {}): Promise<WireClient> {
    const client = new WireClient(model)
    await client.until('session.created')
    client.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        ...session,
        audio: {
          input: { format: { type: 'audio/pcmu' }, ...input },
          output: { format: { type: 'audio/pcmu' }, voice: 'marin' },
        },
      },
    })
    await client.until('session.updated')
    return client
  }

  send(event: JsonObject | string): void {
    this.socket.send(typeof event === 'string' ? event : JSON.stringify(event))
  }

  /** Appends speech (8 kHz samples) as µ-law frames of 20 ms, as fast as the socket takes them. */
  append(pcm: Int16Array): void {
    const bytes = encodeMulaw(pcm)
    for (let at = 0; at < bytes.length; at += 160) {
      const audio = Buffer.from(bytes.subarray(at, at + 160)).toString('base64')
      this.send({ type: 'input_audio_buffer.append', audio })
    }
  }

  silence(ms: number): void {
    this.append(new Int16Array(ms * 8))
  }

  /** The next event of this type (and passing the test) after the last one waited for. */
  until(type: string, test: (event: ServerEvent) => boolean = () => true): Promise<ServerEvent> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#look = null
        const seen = this.events.slice(this.#cursor).map((event) => event.type)
        reject(new Error(`No ${type} in ${TIMEOUT_MS} ms; since the last: ${seen.join(', ')}`))
      }, TIMEOUT_MS)
      this.#look = () => {
        const offset = this.events
          .slice(this.#cursor)
          .findIndex((event) => event.type === type && test(event))
        if (offset < 0) return
        clearTimeout(timer)
        this.#look = null
        this.#cursor += offset + 1
        const found = this.events[this.#cursor - 1]
        if (found) resolve(found)
      }
      this.#look()
    })
  }

  /** Sends an event and returns the `error` object it is answered with. */
  async refusal(event: JsonObject | string): Promise<JsonObject> {
    this.send(event)
    return (await this.until('error')).error as JsonObject
  }

  /** Types of all events so far, deltas in a row told once. */
  get order(): string[] {
    return this.events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])
  }

  /** The audio of a response so far, as bytes. */
  audioOf(responseId: unknown): Buffer {
    const deltas = this.events.filter(
      ({ type, response_id: id }) => type === 'response.output_audio.delta' && id === responseId,
    )
    return Buffer.concat(deltas.map(({ delta }) => Buffer.from(String(delta), 'base64')))
  }

  close(): Promise<{ code: number; reason: string }> {
    this.socket.close()
    return this.closed
  }
}
