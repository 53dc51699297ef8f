/** What an entry of the ledger is worth to us when another report of the same usage comes. */
export type Report = { estimated: boolean }

/**
 * Whether a report becomes the entry of its usage: the first one does, and the model's own figures replace an
 * estimate. A repeat, or an estimate that comes after the figures, changes nothing.
 */
export function isNews(known: Report | null, report: Report): boolean {
  return known === null || (known.estimated && !report.estimated)
}

/** The hour an instant lies in, for sums by hour. */
export function hourOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 3_600_000) * 3_600_000)
}
