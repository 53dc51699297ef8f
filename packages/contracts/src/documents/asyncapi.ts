import { z } from 'zod'
import { callFamilies } from '../channel.ts'
import { channels } from '../channels.ts'
import { type Command, commandSubject, commands } from '../commands.ts'
import { Envelope } from '../envelope.ts'
import type { CallId } from '../ids.ts'
import { callSubject, epochSeen, livePartial, liveSubject, podHeartbeat } from '../subjects.ts'

/** Writes schemas as JSON Schema; those with an id of their own are gathered once, under components. */
function schemaWriter() {
  const shared: Record<string, unknown> = {}
  const write = (schema: z.ZodType, io: 'input' | 'output' = 'output'): object => {
    const { $schema: _, $defs = {}, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
    const moved = <T>(part: T): T =>
      JSON.parse(JSON.stringify(part).replaceAll('"#/$defs/', '"#/components/schemas/')) as T
    for (const [id, definition] of Object.entries($defs)) shared[id] ??= moved(definition)
    return moved(rest)
  }
  return { shared, write }
}

/** Subjects with a parameter in the place of the callId, as AsyncAPI writes them. */
const withCallId = (make: (callId: CallId) => string): string => make('{callId}' as CallId)

const callIdParameter = { callId: { description: 'The call. `*` subscribes to all of them.' } }

const commandMessageName = (command: Command): string => `${command.service}.${command.verb}`

/** The AsyncAPI 3.0 document of everything on the bus, made from the channels and commands. */
export function asyncApiDocument(): object {
  const messages: Record<string, object> = {}
  const { shared, write: jsonSchema } = schemaWriter()
  for (const channel of channels) {
    messages[channel.type] = {
      name: channel.type,
      title: channel.summary,
      summary: `Owner: ${channel.owner}.`,
      contentType: 'application/cloudevents+json',
      payload: {
        allOf: [
          jsonSchema(Envelope),
          { type: 'object', properties: { type: { const: channel.type }, data: jsonSchema(channel.schema) } },
        ],
      },
    }
  }
  for (const command of commands as readonly Command[]) {
    const name = commandMessageName(command)
    messages[`${name}.request`] = {
      name: `${name}.request`,
      title: command.summary,
      contentType: 'application/json',
      payload: {
        type: 'object',
        required: ['key', 'body'],
        properties: { key: { type: 'string', maxLength: 200 }, body: jsonSchema(command.request, 'input') },
      },
    }
    messages[`${name}.reply`] = {
      name: `${name}.reply`,
      title: `Answer to ${name}`,
      contentType: 'application/json',
      payload: jsonSchema(command.reply),
    }
  }
  messages['live.partial'] = { name: 'live.partial', payload: jsonSchema(livePartial.schema) }
  messages['live.epoch'] = { name: 'live.epoch', payload: jsonSchema(epochSeen.schema) }
  messages['live.heartbeat'] = { name: 'live.heartbeat', payload: jsonSchema(podHeartbeat.schema) }

  const ref = (name: string): object => ({ $ref: `#/components/messages/${name}` })
  const channelEntries: Record<string, object> = {}
  const operationEntries: Record<string, object> = {}

  for (const family of callFamilies) {
    const members = channels.filter((c) => c.family === family)
    channelEntries[`calls-${family}`] = {
      address: withCallId((id) => callSubject(id, family)),
      description: `Facts of the family ${family}, kept in the JetStream stream CALLS.`,
      parameters: callIdParameter,
      messages: Object.fromEntries(members.map((c) => [c.type, ref(c.type)])),
    }
    operationEntries[`follow-${family}`] = {
      action: 'receive',
      channel: { $ref: `#/channels/calls-${family}` },
      summary: `Subscribe to the facts of the family ${family}.`,
    }
  }
  for (const command of commands as readonly Command[]) {
    const name = commandMessageName(command)
    const ofCall = command.service === 'bridge'
    channelEntries[`cmd-${name}`] = {
      address: withCallId((id) => commandSubject(command, id)),
      description: command.summary,
      ...(ofCall ? { parameters: callIdParameter } : {}),
      messages: { request: ref(`${name}.request`) },
    }
    channelEntries[`cmd-${name}-reply`] = {
      address: null,
      messages: { reply: ref(`${name}.reply`) },
    }
    operationEntries[`ask-${name}`] = {
      action: 'send',
      channel: { $ref: `#/channels/cmd-${name}` },
      summary: command.summary,
      reply: { channel: { $ref: `#/channels/cmd-${name}-reply` } },
    }
  }
  channelEntries['live-partial'] = {
    address: withCallId((id) => liveSubject(id, livePartial.what)),
    description: 'Words as they are spoken; core NATS, not stored.',
    parameters: callIdParameter,
    messages: { partial: ref('live.partial') },
  }
  channelEntries['live-epoch'] = {
    address: withCallId((id) => liveSubject(id, epochSeen.what)),
    description: 'A pod has taken a stream of this call; core NATS, not stored.',
    parameters: callIdParameter,
    messages: { epoch: ref('live.epoch') },
  }
  channelEntries['live-pods'] = {
    address: podHeartbeat.subject,
    description: 'What each media-bridge pod holds, once a second; core NATS, not stored.',
    messages: { heartbeat: ref('live.heartbeat') },
  }
  operationEntries['follow-partial'] = { action: 'receive', channel: { $ref: '#/channels/live-partial' } }
  operationEntries['follow-epoch'] = { action: 'receive', channel: { $ref: '#/channels/live-epoch' } }
  operationEntries['follow-pods'] = { action: 'receive', channel: { $ref: '#/channels/live-pods' } }

  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Toritsugi on NATS',
      version: '1',
      description:
        'Facts are CloudEvents 1.0 in structured JSON; `calls.v1.<callId>.>` follows one phone call. Fields are added, never repurposed.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: { host: 'localhost:8089', protocol: 'nats', description: 'a system started with npm start' },
    },
    channels: channelEntries,
    operations: operationEntries,
    components: { messages, schemas: shared },
  }
}
