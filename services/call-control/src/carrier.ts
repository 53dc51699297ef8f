import type { CarrierStatus } from './core/carrier-status.ts'

/** A call as the carrier knows it. */
export type CarrierCall = {
  status: CarrierStatus
  /** How long it was connected; null while it lasts. */
  talkedMs: number | null
  endedAt: string | null
}

/** The carrier's control API. Every method waits at most a few seconds and throws Faults with `carrier.…` codes. */
export type Carrier = {
  /**
   * Ends whatever the call does and has it ask `url` for its next document.
   * @throws Fault `carrier.not-in-progress` when there is nothing to redirect; `carrier.unknown-outcome` when no
   *   answer came
   */
  redirect(carrierCallId: string, url: string): Promise<void>
  /** Ends the call; one that is over already is no fault. */
  hangUp(carrierCallId: string): Promise<void>
  /** What the carrier knows of the call; null when it knows none. */
  fetch(carrierCallId: string): Promise<CarrierCall | null>
}
