import { LatencyHistogram } from '../measure/latency.ts'

/** What is noted while a load runs; latencies only while `measuring`. */
export class LoadRecords {
  measuring = false
  toModel = new LatencyHistogram()
  toCaller = new LatencyHistogram()
  share = new LatencyHistogram()
  clear = new LatencyHistogram()
  greeting = new LatencyHistogram()
  coldGreetings = 0
  clearsAsked = 0
  clearsSeen = 0
  relayed = 0
  appends = 0
  appendReads = 0
  marks = 0
  lagMs = 0
  worstLagMs = 0
  readonly faults: Record<string, number> = {}

  fault(what: string): void {
    this.faults[what] = (this.faults[what] ?? 0) + 1
  }
}
