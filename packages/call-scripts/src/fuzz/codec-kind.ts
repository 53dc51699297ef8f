import {
  isBase64,
  newCarrierScan,
  newDeltaScan,
  readMark,
  readServerEvent,
  scanAudioDelta,
  scanCarrierMessage,
} from '@toritsugi/realtime-protocol'
import { type FuzzOptions, type Kind, type KindReport, Tally } from './kind.ts'
import { type Mutant, mutateMessage } from './mutation/mutator.ts'
import { Random } from './mutation/random.ts'
import { modelSamples } from './samples/model-events.ts'
import { streamSamples } from './samples/stream-messages.ts'

const samples = streamSamples({
  accountSid: `AC${'0'.repeat(32)}`,
  callSid: `CA${'1'.repeat(32)}`,
  streamSid: `MZ${'2'.repeat(32)}`,
  token: 'a.b.c',
})
const carrierSamples = [
  samples.connected,
  samples.start,
  ...samples.flowing,
  ...samples.flowing,
  samples.stop,
]

/**
 * The scanners of the hot path, held against `JSON.parse`: what a scanner accepts, the parser accepts and reads in
 * the same way; and neither ever throws or hangs.
 */
export const codecKind: Kind = {
  name: 'frame scanners',
  async run(options: FuzzOptions): Promise<KindReport> {
    const tally = new Tally()
    const random = new Random(options.seed, 'codec')
    for (; tally.mutants < options.count * 2; tally.mutants += 2) {
      const fromCarrier = mutateMessage(random, carrierSamples)
      guarded(tally, fromCarrier, () => scanCarrier(tally, fromCarrier))
      const fromModel = mutateMessage(random, modelSamples)
      guarded(tally, fromModel, () => scanModel(tally, fromModel))
      // Let others have their turn now and then: this is one long loop.
      if (tally.mutants % 2000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return tally.report('frame scanners')
  },
}

const SLOW_MS = 200

function guarded(tally: Tally, mutant: Mutant, work: () => void): void {
  const startedAt = performance.now()
  try {
    work()
  } catch (error) {
    tally.fail(`threw ${String(error)}`, mutant)
  }
  const ms = performance.now() - startedAt
  if (ms > SLOW_MS) tally.fail(`took ${Math.round(ms)} ms`, mutant)
}

const scan = newCarrierScan()
const mark = { generation: 0, response: 0, item: 0, ms: 0 }

function scanCarrier(tally: Tally, mutant: Mutant): void {
  const { bytes } = mutant
  scanCarrierMessage(bytes, scan)
  tally.answer(`carrier: ${scan.kind}`)
  if (scan.kind === 'other') return
  const parsed = parse(bytes) as
    | {
        event?: unknown
        streamSid?: unknown
        media?: { payload?: unknown; timestamp?: unknown }
        mark?: { name?: unknown }
      }
    | undefined
  if (scan.kind === 'mark') {
    readMark(bytes, scan.nameStart, scan.nameEnd, mark)
    const name = bytes.toString('utf8', scan.nameStart, scan.nameEnd)
    if (parsed?.event !== 'mark' || parsed.mark?.name !== name) tally.fail('a mark read differently', mutant)
    return
  }
  // The payload is looked through only where it is used: what is not base64 there is refused there.
  if (!isBase64(bytes, scan.payloadStart, scan.payloadEnd)) {
    tally.answer('carrier: media, not base64')
    return
  }
  const payload = bytes.toString('latin1', scan.payloadStart, scan.payloadEnd)
  const stream = bytes.toString('utf8', scan.streamStart, scan.streamEnd)
  const same =
    parsed?.event === 'media' &&
    parsed.streamSid === stream &&
    parsed.media?.payload === payload &&
    Number(parsed.media.timestamp) === scan.timestampMs
  if (!same) tally.fail('media read differently', mutant)
}

const delta = newDeltaScan()

function scanModel(tally: Tally, mutant: Mutant): void {
  const { bytes } = mutant
  const event = readServerEvent(bytes)
  tally.answer(`model: ${event.type === 'unused' || event.type === 'malformed' ? event.type : 'understood'}`)
  if (!scanAudioDelta(bytes, delta)) return
  if (!isBase64(bytes, delta.audioStart, delta.audioEnd)) {
    tally.answer('model: delta, not base64')
    return
  }
  const parsed = parse(bytes) as Record<string, unknown> | undefined
  const same =
    parsed?.type === 'response.output_audio.delta' &&
    parsed.delta === bytes.toString('latin1', delta.audioStart, delta.audioEnd) &&
    parsed.response_id === bytes.toString('utf8', delta.responseStart, delta.responseEnd) &&
    parsed.item_id === bytes.toString('utf8', delta.itemStart, delta.itemEnd)
  if (!same) tally.fail('a delta read differently', mutant)
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
