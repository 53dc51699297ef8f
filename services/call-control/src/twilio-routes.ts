import { type CallId, Fault } from '@toritsugi/contracts'
import type { Http } from '@toritsugi/service-kit'
import { type Twiml, twimlType, webhookField } from '@toritsugi/telephony'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Arrival } from './arrival.ts'
import { inboundCallId } from './call-id.ts'
import type { CallEvent } from './core/call.ts'
import type { DocumentAsked } from './document-answers.ts'
import { readWebhook, takeTwilioWebhooks, type Webhook } from './twilio-webhook.ts'

export type RecordedMessage = {
  arrival: Arrival
  carrierRecordingId: string
  durationMs: number | null
  at: string
}

export type TwilioRoutesOptions = {
  publicUrl: string
  authToken: string
  /** Our number, for calls whose own is none (a SIP address). */
  defaultNumber: string | null
  /** The id a call of ours has, by the carrier's. Null: it is not known (or cannot be known now). */
  findCallId(carrierCallId: string): Promise<CallId | null>
  answerDocument(asked: DocumentAsked): Promise<Twiml>
  /**
   * Something happened to a call. A call not known yet is written down when the webhook says who speaks.
   * @throws Fault `call.not-found` otherwise
   */
  note(callId: CallId, arrival: Arrival | null, event: CallEvent): Promise<void>
  /** A message was recorded; answers with what is said then. */
  keepMessage(message: RecordedMessage): Promise<Twiml>
  now?: () => Date
}

/** How much later than it happened a status may come before its own time is believed, ms. */
const lateMs = 5000

/** Every webhook of the carrier. Each may come late, twice, in any order, or never. */
export async function twilioRoutes(app: Http, options: TwilioRoutesOptions): Promise<void> {
  const { answerDocument, note, keepMessage, now = () => new Date() } = options
  takeTwilioWebhooks(app, options)

  /** Which call a webhook is about. @throws Fault `call.not-found` when the address names another one */
  const callIdOf = async (request: FastifyRequest, webhook: Webhook): Promise<CallId> => {
    const { carrierCallId, direction } = webhook
    const named = (request.params as { callId?: string }).callId
    const derived = inboundCallId(carrierCallId)
    if (named === derived || (named === undefined && direction === 'inbound')) return derived
    const found = await options.findCallId(carrierCallId)
    if (found === null || (named !== undefined && named !== found)) throw new Fault('call.not-found')
    return found
  }

  /** What the webhook says of its call. Some say nothing of who speaks: then null. */
  const arrivalOf = (callId: CallId, webhook: Webhook): Arrival | null => {
    const { carrierCallId, direction, from } = webhook
    if (webhook.to === null && webhookField(webhook.params, 'To') === undefined) return null
    const to = webhook.to ?? options.defaultNumber
    if (to === null) throw new Fault('request.invalid', { detail: 'To: is no telephone number' })
    return { callId, carrierCallId, direction, from, to, startedAt: now().toISOString() }
  }

  const callOf = async (request: FastifyRequest, webhook: Webhook): Promise<Arrival> => {
    const arrival = arrivalOf(await callIdOf(request, webhook), webhook)
    if (arrival === null) throw new Fault('request.invalid', { detail: 'To: is missing' })
    return arrival
  }

  const document =
    (first: boolean) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const webhook = readWebhook(request)
      const arrival = await callOf(request, webhook)
      const twiml = await answerDocument({
        arrival,
        epoch: first ? 0 : epochOf(request),
        carrierStatus: webhook.status,
        at: now().toISOString(),
        requestToken: webhook.requestToken,
      })
      return sendTwiml(reply, twiml)
    }

  const status = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const webhook = readWebhook(request)
    const arrival = await callOf(request, webhook)
    if (webhook.status !== null) {
      const at = happenedAt(webhookField(webhook.params, 'Timestamp'), now())
      const talkedMs = seconds(webhookField(webhook.params, 'CallDuration'))
      await note(arrival.callId, arrival, { type: 'carrier.said', at, status: webhook.status, talkedMs })
    }
    return reply.status(204).send()
  }

  const streamStatus = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const webhook = readWebhook(request)
    const callId = await callIdOf(request, webhook)
    const event = streamEventOf(webhook, epochOf(request), now().toISOString())
    if (event !== null) await note(callId, arrivalOf(callId, webhook), event)
    return reply.status(204).send()
  }

  const message = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const webhook = readWebhook(request)
    const arrival = await callOf(request, webhook)
    const carrierRecordingId = webhookField(webhook.params, 'RecordingSid')
    if (carrierRecordingId === undefined || !/^RE[0-9a-f]{32}$/.test(carrierRecordingId)) {
      throw new Fault('request.invalid', { detail: 'RecordingSid: must be a RecordingSid (RE…)' })
    }
    const durationMs = seconds(webhookField(webhook.params, 'RecordingDuration'))
    const at = now().toISOString()
    return sendTwiml(reply, await keepMessage({ arrival, carrierRecordingId, durationMs, at }))
  }

  const method = ['GET', 'POST']
  const schema = { hide: true } as object
  app.route({ method, url: '/api/twilio/voice', schema, handler: document(true) })
  app.route({ method, url: '/api/twilio/voice/:callId', schema, handler: document(true) })
  app.route({ method, url: '/api/twilio/calls/:callId/continue', schema, handler: document(false) })
  app.route({ method, url: '/api/twilio/calls/:callId/status', schema, handler: status })
  app.route({ method, url: '/api/twilio/status', schema, handler: status })
  app.route({ method, url: '/api/twilio/calls/:callId/stream-status', schema, handler: streamStatus })
  app.route({ method, url: '/api/twilio/calls/:callId/message', schema, handler: message })
}

function sendTwiml(reply: FastifyReply, twiml: Twiml): FastifyReply {
  return reply.status(200).type(twimlType).header('cache-control', 'no-store').send(twiml)
}

/** After which stream the carrier asks, as the address we gave it says. */
function epochOf(request: FastifyRequest): number | null {
  const { epoch } = request.query as { epoch?: unknown }
  return typeof epoch === 'string' && /^[0-9]{1,6}$/.test(epoch) ? Number(epoch) : null
}

/** What a stream's own status means to its call (Twilio, "TwiML Voice: Stream: Status Callbacks"). */
function streamEventOf(webhook: Webhook, epoch: number | null, at: string): CallEvent | null {
  switch (webhookField(webhook.params, 'StreamEvent')) {
    case 'stream-started':
      return { type: 'carrier.said', at, status: 'in-progress', talkedMs: null }
    case 'stream-stopped':
      return epoch === null ? null : { type: 'stream.over', at, epoch, because: 'stop' }
    case 'stream-error':
      return epoch === null ? null : { type: 'stream.over', at, epoch, because: 'carrier-error' }
    default:
      return null
  }
}

/** Arrival, unless the callback is late by its own time, which counts whole seconds. */
function happenedAt(timestamp: string | undefined, arrived: Date): string {
  const said = Date.parse(timestamp ?? '')
  const isLate = Number.isFinite(said) && arrived.getTime() - said > lateMs
  return (isLate ? new Date(said) : arrived).toISOString()
}

function seconds(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,7}$/.test(text) ? Number(text) * 1000 : null
}
