import twilio from 'twilio'
import type { Carrier } from '../../carrier.ts'
import { readCarrierStatus } from '../../core/carrier-status.ts'
import { carrierFault, isNotFound } from './faults.ts'

export type TwilioAccount = {
  accountSid: string
  authToken: string
  /** https://api.twilio.com, or whatever stands in for it. */
  apiUrl: string
  /** Longest wait for one answer, ms. Default 4000. */
  timeoutMs?: number
}

/** The carrier's REST API through its own SDK (Twilio, "Call Resource"). */
export function twilioCarrier(account: TwilioAccount): Carrier {
  const client = twilio(account.accountSid, account.authToken, {
    timeout: account.timeoutMs ?? 4000,
    keepAlive: true,
    maxSockets: 20,
    // Repeating is ours to decide: a redirect that comes late does harm.
    autoRetry: false,
  })
  client.api.baseUrl = account.apiUrl.replace(/\/+$/, '')

  return {
    async redirect(carrierCallId, url) {
      try {
        await client.calls(carrierCallId).update({ url, method: 'POST' })
      } catch (cause) {
        throw carrierFault(cause)
      }
    },
    async hangUp(carrierCallId) {
      try {
        await client.calls(carrierCallId).update({ status: 'completed' })
      } catch (cause) {
        const fault = carrierFault(cause)
        if (fault.code !== 'carrier.not-in-progress') throw fault
      }
    },
    async fetch(carrierCallId) {
      try {
        const call = await client.calls(carrierCallId).fetch()
        const status = readCarrierStatus(call.status)
        if (status === null) return null
        const seconds = Number(call.duration)
        return {
          status,
          talkedMs: call.duration !== null && Number.isFinite(seconds) ? seconds * 1000 : null,
          endedAt: call.endTime instanceof Date ? call.endTime.toISOString() : null,
        }
      } catch (cause) {
        if (isNotFound(cause)) return null
        throw carrierFault(cause)
      }
    },
  }
}
