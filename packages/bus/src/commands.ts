import { headers, type Msg } from '@nats-io/nats-core'
import {
  type CallId,
  type Command,
  CommandMessage,
  commandSubject,
  Fault,
  type ProblemCode,
  problems,
  ReplyMessage,
} from '@toritsugi/contracts'
import type { z } from 'zod'
import { asBusFault } from './bus-faults.ts'
import type { Connection } from './connection.ts'
import type { Subscription } from './consumer.ts'
import { decodeJson, encodeJson, issuesOf } from './envelope-codec.ts'
import type { Log } from './log.ts'
import type { BusObserver } from './observer.ts'
import { doneWithin } from './pause.ts'

/** What came of a command. A refusal and a failure look alike; the code tells them apart. */
export type Reply<Value> =
  | { ok: true; value: Value }
  | { ok: false; code: ProblemCode; message: string; retryable: boolean }

/** The command was done. */
export const ok = <Value>(value: Value): Reply<Value> => ({ ok: true, value })

/** The command was refused, or could not be done. @param detail for people; defaults to the code's title */
export const no = (code: ProblemCode, detail?: string): Reply<never> => ({
  ok: false,
  code,
  message: detail ?? problems[code].title,
  retryable: problems[code].retryable,
})

export type RequestOptions = {
  /** Makes a repeat harmless: it gets the first answer. Default: a random one. */
  key?: string
  /** Default: the command's own. */
  timeoutMs?: number
  /** Whose pod is asked; for commands to the bridge. */
  callId?: CallId
  traceparent?: string
}

/** Asks and waits. Never throws for what can happen outside: those are replies with `bus.…` codes. */
export async function requestCommand<Request extends z.ZodType, Answer extends z.ZodType>(
  connection: Connection,
  observer: BusObserver,
  command: Command<Request, Answer>,
  body: z.input<Request>,
  options: RequestOptions = {},
): Promise<Reply<z.output<Answer>>> {
  const name = `${command.service}.${command.verb}`
  const startedAt = performance.now()
  const reply = await ask(connection, command, body, options)
  observer.count?.(reply.ok ? 'requested' : 'request-failed', name)
  observer.took?.('request', name, performance.now() - startedAt)
  return reply
}

async function ask<Request extends z.ZodType, Answer extends z.ZodType>(
  connection: Connection,
  command: Command<Request, Answer>,
  body: z.input<Request>,
  options: RequestOptions,
): Promise<Reply<z.output<Answer>>> {
  const request = command.request.safeParse(body)
  if (!request.success) return no('bus.malformed', `the request: ${issuesOf(request.error)}`)
  if (command.service === 'bridge' && options.callId === undefined) {
    return no('bus.malformed', 'a command to the bridge names its call')
  }
  const timeoutMs = options.timeoutMs ?? command.timeoutMs
  const head = headers()
  head.set('Timeout-Ms', String(timeoutMs))
  if (options.traceparent !== undefined) head.set('traceparent', options.traceparent)
  const message = { key: options.key ?? globalThis.crypto.randomUUID(), body: request.data }
  let answer: Msg
  try {
    connection.assertConnected()
    answer = await connection.nats.request(commandSubject(command, options.callId), encodeJson(message), {
      timeout: timeoutMs,
      headers: head,
    })
  } catch (error) {
    const fault = asBusFault(error)
    return { ok: false, code: fault.code, message: fault.message, retryable: fault.retryable }
  }
  const json = decodeJson(answer.data)
  const reply = ReplyMessage.safeParse(json.ok ? json.value : undefined)
  if (!reply.success) return no('bus.malformed', `the reply to ${command.verb} is not one`)
  if (!reply.data.ok) return reply.data
  const value = command.reply.safeParse(reply.data.value)
  if (!value.success) return no('bus.malformed', `the reply to ${command.verb}: ${issuesOf(value.error)}`)
  return ok(value.data)
}

export type CommandMeta = {
  key: string
  /** How long the asker waits, ms from the arrival. */
  timeoutMs: number
  traceparent: string | undefined
}

export type AnswerOptions = {
  /** For the bridge: the call this pod holds. */
  callId?: CallId
  /** Commands worked on at once; more are refused with `service.unavailable`. Default 64. */
  parallel?: number
}

/**
 * Answers a command, together with the other pods of the service. What the handler throws becomes the answer:
 * a Fault its code, anything else `internal.bug`.
 */
export function answerCommand<Request extends z.ZodType, Answer extends z.ZodType>(
  connection: Connection,
  observer: BusObserver,
  log: Log,
  command: Command<Request, Answer>,
  handle: (body: z.output<Request>, meta: CommandMeta) => Promise<Reply<z.input<Answer>>>,
  options: AnswerOptions = {},
): Subscription {
  const { parallel = 64 } = options
  const name = `${command.service}.${command.verb}`
  const running = new Set<Promise<void>>()

  const answerOne = async (message: Msg): Promise<void> => {
    const startedAt = performance.now()
    const reply = await decide(message).catch((err: unknown) => {
      if (err instanceof Fault) {
        log.warn({ err, command: name, code: err.code }, 'command failed')
        return {
          ok: false as const,
          code: err.code,
          message: err.message.slice(0, 1000),
          retryable: err.retryable,
        }
      }
      log.error({ err, command: name }, 'command broke')
      return no('internal.bug')
    })
    message.respond(encodeJson(reply))
    observer.count?.(reply.ok ? 'answered' : 'answer-failed', name)
    observer.took?.('answer', name, performance.now() - startedAt)
  }

  const decide = async (message: Msg): Promise<Reply<unknown>> => {
    const json = decodeJson(message.data)
    if (!json.ok) return no('bus.malformed', json.reason)
    const request = CommandMessage.safeParse(json.value)
    if (!request.success) return no('bus.malformed', issuesOf(request.error))
    const body = command.request.safeParse(request.data.body)
    if (!body.success) return no('bus.malformed', `the body: ${issuesOf(body.error)}`)
    const asked = Number(message.headers?.get('Timeout-Ms'))
    const reply = await handle(body.data, {
      key: request.data.key,
      timeoutMs: Number.isFinite(asked) && asked > 0 ? asked : command.timeoutMs,
      traceparent: message.headers?.get('traceparent') || undefined,
    })
    if (!reply.ok) return reply
    const value = command.reply.safeParse(reply.value)
    if (value.success) return ok(value.data)
    throw new Error(`the answer to ${name} does not fit: ${issuesOf(value.error)}`)
  }

  const subscription = connection.nats.subscribe(commandSubject(command, options.callId), {
    ...(command.service === 'bridge' ? {} : { queue: command.service }),
    callback: (err, message) => {
      if (err) {
        log.error({ err, command: name }, 'command subscription failed')
        return
      }
      if (running.size >= parallel) {
        observer.count?.('answer-refused-load', name)
        message.respond(encodeJson(no('service.unavailable', 'too many commands at once')))
        return
      }
      const work = answerOne(message).catch((error: unknown) => {
        log.warn({ err: error, command: name }, 'command could not be answered')
      })
      running.add(work)
      void work.finally(() => running.delete(work))
    },
  })

  return {
    ready: connection.nats.flush().catch(() => {}),
    async stop(drainMs = 5000) {
      await doneWithin(
        subscription.drain().catch(() => {}),
        drainMs,
      )
      await doneWithin(Promise.all(running), drainMs)
    },
  }
}
