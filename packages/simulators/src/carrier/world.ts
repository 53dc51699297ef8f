import type { Call } from './call.ts'
import type { Debugger } from './debugger.ts'
import type { DialQueue } from './dial-queue.ts'
import type { FaultList } from './faults.ts'
import type { Ticker } from './line/ticker.ts'
import type { PhoneBook } from './phone/phone-book.ts'
import type { RecordingStore } from './recording/recording-store.ts'
import type { CarrierLimits, CarrierSwitches } from './switches.ts'
import type { Method, Webhooks } from './webhooks.ts'

export type Account = { sid: string; authToken: string; apiKeys: readonly { sid: string; secret: string }[] }

/** A number of the account and what happens when it is called ("IncomingPhoneNumber resource"). */
export type IncomingNumber = {
  phoneNumber: string
  voiceUrl: string
  voiceMethod?: Method
  voiceFallbackUrl?: string
  voiceFallbackMethod?: Method
  statusCallback?: string
  statusCallbackMethod?: Method
}

/** What all parts of one carrier share. */
export type World = {
  account: Account
  switches: CarrierSwitches
  limits: CarrierLimits
  faults: FaultList
  debugger: Debugger
  ticker: Ticker
  webhooks: Webhooks
  /** By E.164 number. */
  numbers: Map<string, IncomingNumber & { sid: string }>
  /** By SID, oldest first. */
  calls: Map<string, Call>
  dialQueue: DialQueue
  /** REST requests that are being answered. */
  restRequests: { inFlight: number }
  phoneBook: PhoneBook
  recordings: RecordingStore
  /** Address under which the REST API is reached, without a slash at its end. */
  url: () => string
}
