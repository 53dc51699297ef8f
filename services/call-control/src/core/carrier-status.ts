/** `CallStatus` in webhooks and on the call resource (Twilio, "Call Resource: Call Status Values"). */
export const carrierStatuses = [
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
] as const
export type CarrierStatus = (typeof carrierStatuses)[number]

export type TerminalStatus = Exclude<CarrierStatus, 'queued' | 'initiated' | 'ringing' | 'in-progress'>

/** The status a webhook names, or null for one this service does not know. */
export function readCarrierStatus(text: string | undefined): CarrierStatus | null {
  return carrierStatuses.find((status) => status === text) ?? null
}

/** After these nothing more happens to a call. */
export function isTerminal(status: CarrierStatus | null): status is TerminalStatus {
  return (
    status === 'completed' ||
    status === 'busy' ||
    status === 'failed' ||
    status === 'no-answer' ||
    status === 'canceled'
  )
}
