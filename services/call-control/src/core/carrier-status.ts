/** After these nothing more happens to a call. */
export const terminalStatuses = ['completed', 'busy', 'failed', 'no-answer', 'canceled'] as const
export type TerminalStatus = (typeof terminalStatuses)[number]

/** `CallStatus` in webhooks and on the call resource (Twilio, "Call Resource: Call Status Values"). */
const carrierStatuses = ['queued', 'initiated', 'ringing', 'in-progress', ...terminalStatuses] as const
export type CarrierStatus = (typeof carrierStatuses)[number]

/** The status a webhook names, or null for one this service does not know. */
export function readCarrierStatus(text: string | undefined): CarrierStatus | null {
  return carrierStatuses.find((status) => status === text) ?? null
}

export function isTerminal(status: CarrierStatus | null): status is TerminalStatus {
  return terminalStatuses.some((terminal) => terminal === status)
}
