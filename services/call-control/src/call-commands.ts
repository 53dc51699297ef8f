import { type CallId, Fault } from '@toritsugi/contracts'
import type { Played } from './call-runner.ts'
import type { Carrier, CarrierCall } from './carrier.ts'
import type { Call, CallCommand, CallEvent } from './core/call.ts'
import { isTerminal } from './core/carrier-status.ts'
import { callAddresses } from './documents.ts'

export type CallCommandsDeps = {
  carrier: Carrier
  publicUrl: string
  perform(callId: CallId, event: CallEvent): Promise<unknown>
  /** Whether a pod holds the call; true when it cannot be known. */
  isHeld(callId: CallId): boolean
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
  now?: () => Date
}

export type CallCommands = {
  /** Does at the carrier what a step asked for. Never throws: what fails is met by the call's next deadline. */
  act(played: Pick<Played, 'call' | 'commands'>): void
  /** Waits for what is being done. */
  idle(): Promise<void>
}

/** What commands do to the world: the only place that redirects, hangs up or asks the carrier. */
export function createCallCommands(deps: CallCommandsDeps): CallCommands {
  const { carrier, publicUrl, perform, isHeld, log, now = () => new Date() } = deps
  const running = new Set<Promise<void>>()

  const redirect = async (call: Call, epoch: number): Promise<void> => {
    log.info({ callId: call.id, epoch, attempt: call.rescues }, 'call is sent to its next document')
    try {
      await carrier.redirect(call.carrierCallId, callAddresses(publicUrl, call.id).continueAfter(epoch))
    } catch (err) {
      if (!(err instanceof Fault) || err.code !== 'carrier.not-in-progress') throw err
      await askCarrier(call)
    }
  }

  const askCarrier = async (call: Call): Promise<void> => {
    const found = await carrier.fetch(call.carrierCallId)
    const event = eventOf(found, call.id, now().toISOString())
    if (event !== null) await perform(call.id, event)
  }

  const eventOf = (found: CarrierCall | null, callId: CallId, at: string): CallEvent | null => {
    if (found === null) return { type: 'carrier.forgot', at }
    const { status, talkedMs, endedAt } = found
    if (isTerminal(status)) return { type: 'carrier.said', at: endedAt ?? at, status, talkedMs }
    return status === 'in-progress' ? { type: 'checkup.answered', at, held: isHeld(callId) } : null
  }

  const act = async (call: Call, command: CallCommand): Promise<void> => {
    switch (command.do) {
      case 'redirect':
        return redirect(call, command.epoch)
      case 'hang-up':
        log.info({ callId: call.id }, 'call is hung up')
        return carrier.hangUp(call.carrierCallId)
      case 'ask-carrier':
        return askCarrier(call)
      case 'tell':
      case 'answer':
      case 'wake':
        return
    }
  }

  return {
    act({ call, commands }) {
      for (const command of commands) {
        const work = act(call, command).catch((err: unknown) => {
          log.warn({ err, callId: call.id, command: command.do }, 'carrier command failed')
        })
        running.add(work)
        void work.finally(() => running.delete(work))
      }
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
