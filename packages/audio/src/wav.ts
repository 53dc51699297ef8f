import { decodeMulaw } from './mulaw.ts'

/** Mono audio at its own rate. */
export type Wav = { pcm: Int16Array; sampleRate: number }

const PCM = 1
const MULAW = 7
const EXTENSIBLE = 0xfffe

/** A 16-bit PCM mono WAV file with the samples. `sampleRate` in Hz, 8000 unless told. */
export function writeWav(pcm: Int16Array, sampleRate = 8000): Uint8Array {
  const bytes = new Uint8Array(44 + pcm.length * 2)
  const view = new DataView(bytes.buffer)
  ascii(bytes, 0, 'RIFF')
  view.setUint32(4, 36 + pcm.length * 2, true)
  ascii(bytes, 8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, PCM, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  ascii(bytes, 36, 'data')
  view.setUint32(40, pcm.length * 2, true)
  for (let index = 0; index < pcm.length; index += 1)
    view.setInt16(44 + index * 2, pcm[index] as number, true)
  return bytes
}

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, or µ-law; several channels become their mean. An Error says what
 * is wrong with any other file.
 */
export function readWav(file: Uint8Array): Wav {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.length < 12 || tag(file, 0) !== 'RIFF' || tag(file, 8) !== 'WAVE') {
    throw new Error('This is not a WAV file: it does not begin with RIFF … WAVE')
  }
  let format: { code: number; channels: number; sampleRate: number; bits: number } | undefined
  let data: Uint8Array | undefined
  for (let at = 12; at + 8 <= file.length && !data; ) {
    const name = tag(file, at)
    const size = Math.min(view.getUint32(at + 4, true), file.length - at - 8)
    if (name === 'fmt ' && size >= 16) {
      const code = view.getUint16(at + 8, true)
      format = {
        code: code === EXTENSIBLE && size >= 26 ? view.getUint16(at + 32, true) : code,
        channels: view.getUint16(at + 10, true),
        sampleRate: view.getUint32(at + 12, true),
        bits: view.getUint16(at + 22, true),
      }
    }
    if (name === 'data') data = file.subarray(at + 8, at + 8 + size)
    at += 8 + size + (size % 2)
  }
  if (!format || !data) throw new Error('This WAV file has no fmt or no data chunk')
  const { code, channels, sampleRate, bits } = format
  if (channels < 1 || sampleRate < 1) throw new Error('This WAV file names no channels or no sample rate')
  const sample = sampleReader(code, bits, data)
  if (!sample)
    throw new Error(`WAV format ${code} with ${bits} bits is not supported: use 16-bit PCM or µ-law`)
  const frames = Math.floor(data.length / ((bits / 8) * channels))
  const pcm = new Int16Array(frames)
  for (let frame = 0; frame < frames; frame += 1) {
    let sum = 0
    for (let channel = 0; channel < channels; channel += 1) sum += sample(frame * channels + channel)
    pcm[frame] = Math.round(sum / channels)
  }
  return { pcm, sampleRate }
}

function sampleReader(code: number, bits: number, data: Uint8Array): ((index: number) => number) | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (code === MULAW && bits === 8) {
    const pcm = decodeMulaw(data)
    return (index) => pcm[index] as number
  }
  if (code !== PCM) return undefined
  if (bits === 8) return (index) => ((data[index] as number) - 128) << 8
  if (bits === 16) return (index) => view.getInt16(index * 2, true)
  if (bits === 24) return (index) => view.getInt16(index * 3 + 1, true)
  if (bits === 32) return (index) => view.getInt16(index * 4 + 2, true)
  return undefined
}

function tag(file: Uint8Array, at: number): string {
  return String.fromCharCode(...file.subarray(at, at + 4))
}

function ascii(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index)
}
