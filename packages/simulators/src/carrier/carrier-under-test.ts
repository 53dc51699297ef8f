import twilio from 'twilio'
import { afterEach, beforeEach, expect } from 'vitest'
import { AUTH_TOKEN, type Customer, startCustomer } from './customer-under-test.ts'
import type { Phone } from './phone/phone.ts'
import type { DialIn } from './phone/phone-book.ts'
import { type Carrier, type CarrierOptions, startCarrier } from './start-carrier.ts'

export const ACCOUNT_SID = `AC${'0'.repeat(32)}`
export const OUR_NUMBER = '+81312345678'
export const CALLER = '+14155550100'

/** A carrier and its customer, fresh for each test; what the debugger says and nobody announced fails the test. */
export type Scene = {
  carrier: Carrier
  customer: Customer
  /** The official SDK, pointed at the carrier. */
  sdk: ReturnType<typeof twilio>
  dial(options?: Partial<DialIn>): Phone
  /** `<Connect>` with a stream to the customer. */
  connect(more?: { action?: string; attributes?: string; inner?: string; after?: string }): string
}

export function useScene(options: Partial<CarrierOptions> & { publicUrl?: string } = {}): Scene {
  const scene = {} as Scene
  beforeEach(async () => {
    const customer = await startCustomer(options.publicUrl)
    const origin = options.publicUrl ?? customer.url
    const carrier = await startCarrier({
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      numbers: [
        {
          phoneNumber: OUR_NUMBER,
          voiceUrl: `${origin}/voice`,
          voiceFallbackUrl: `${origin}/fallback`,
          statusCallback: `${origin}/status`,
        },
      ],
      allowInsecureStreams: true,
      ...(options.publicUrl ? { publicHosts: { [options.publicUrl]: customer.url } } : {}),
      ...options,
    })
    const sdk = twilio(ACCOUNT_SID, AUTH_TOKEN)
    sdk.api.baseUrl = carrier.url
    Object.assign(scene, {
      carrier,
      customer,
      sdk,
      dial: (dial: Partial<DialIn> = {}) => carrier.dialIn({ from: CALLER, to: OUR_NUMBER, ...dial }),
      connect: ({ action, attributes = '', inner = '', after = '' }: Parameters<Scene['connect']>[0] = {}) =>
        `<Response><Connect${action ? ` action="${action}"` : ''}>` +
        `<Stream url="${origin.replace('http', 'ws')}/media"${attributes}>${inner}</Stream></Connect>${after}</Response>`,
    } satisfies Scene)
  })
  afterEach(async () => {
    await scene.carrier.stop()
    await scene.customer.stop()
    expect(scene.carrier.debugger.unexpected).toEqual([])
    expect(scene.customer.asked.filter(({ isSigned }) => !isSigned)).toEqual([])
    expect(scene.customer.streams.filter(({ isSigned }) => !isSigned)).toEqual([])
  })
  return scene
}
