import { type Bus, no, ok, type Reply, type Subscription } from '@toritsugi/bus'
import {
  bridgeClose,
  bridgeInject,
  bridgeRelease,
  bridgeSay,
  type CallId,
  type Command,
} from '@toritsugi/contracts'
import type { Relay } from './relay-ports.ts'

/** Answers of the last commands of one call, so that a repeat gets the first one. */
const mostKeys = 64
/** Answered a little before the asker stops waiting. */
const marginMs = 250

/**
 * Takes commands for one call while this pod holds it: nobody else listens on its subjects, so that "no
 * responders" means that nobody holds the call.
 */
export function answerBridgeCommands(bus: Pick<Bus, 'answer'>, relay: Relay): { stop(): void } {
  const { callId } = relay
  const answers = new Map<string, Promise<Reply<unknown>>>()

  const once = <Value>(key: string, work: () => Promise<Reply<Value>>): Promise<Reply<Value>> => {
    const known = answers.get(key)
    if (known !== undefined) return known as Promise<Reply<Value>>
    const answer = work()
    answers.set(key, answer)
    if (answers.size > mostKeys) answers.delete(answers.keys().next().value as string)
    return answer
  }

  const listen = <C extends Command>(
    command: C,
    handle: (body: { callId: CallId; epoch: number }, timeoutMs: number) => Promise<Reply<unknown>>,
  ): Subscription =>
    bus.answer(
      command as Command,
      (body, { key, timeoutMs }) => {
        const named = body as { callId: CallId; epoch: number }
        return once(`${command.verb} ${key}`, async () => {
          if (named.callId !== callId) return no('call.not-found')
          if (named.epoch < relay.epoch()) return no('call.stale-epoch')
          if (relay.isOver()) return no('call.already-ended')
          return handle(named, Math.max(0, timeoutMs - marginMs))
        })
      },
      { callId },
    )

  const subscriptions = [
    listen(bridgeSay, async (body, timeoutMs) => {
      const { text, interruptible } = bridgeSay.request.parse(body)
      const talk = relay.talk()
      if (talk === null) return no('service.unavailable', 'there is no session now')
      const heardMs = await within(talk.say(text, interruptible), timeoutMs)
      if (heardMs === undefined) return no('bus.timed-out', 'it was not heard in time')
      return heardMs === null ? no('service.unavailable', 'nothing can be said now') : ok({ heardMs })
    }),
    listen(bridgeInject, async (body) => {
      const { item, respond } = bridgeInject.request.parse(body)
      const talk = relay.talk()
      if (talk === null) return no('service.unavailable', 'there is no session now')
      talk.inject(item, respond)
      return ok({})
    }),
    listen(bridgeRelease, async (_body, timeoutMs) => {
      await relay.release(timeoutMs)
      return ok({})
    }),
    listen(bridgeClose, async (body, timeoutMs) => {
      const { intent } = bridgeClose.request.parse(body)
      const closed = await within(
        relay.close(intent).then(() => true),
        timeoutMs,
      )
      return closed === undefined ? no('bus.timed-out', 'the stream is still open') : ok({})
    }),
  ]
  return {
    stop() {
      for (const subscription of subscriptions) void subscription.stop()
    },
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
