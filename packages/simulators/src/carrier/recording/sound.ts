import { mix, writeWav } from '@toritsugi/audio'
import { firstSoundAfter, lastSoundBefore } from '../phone/sound.ts'
import type { RecordingTrack } from './recording.ts'

/** Both directions of a leg on one clock, 8 kHz: from the phone, and to it. */
export type Sound = { inbound: Int16Array; outbound: Int16Array }

const HEADER_BYTES = 44

export function lengthOf({ inbound, outbound }: Sound): number {
  return Math.max(inbound.length, outbound.length)
}

/** Without the silence at its beginning and end. */
export function trimmed(sound: Sound): Sound {
  const heard = mix(sound.inbound, sound.outbound)
  const from = Math.floor((firstSoundAfter(heard, 0) ?? 0) * 8)
  const to = Math.ceil((lastSoundBefore(heard, Number.POSITIVE_INFINITY) ?? 0) * 8)
  return { inbound: sound.inbound.slice(from, to), outbound: sound.outbound.slice(from, to) }
}

/**
 * A WAV file of one channel (both directions mixed, or the one that was recorded) or of two: the first what the phone
 * said, the second what it heard.
 */
export function wavOf(sound: Sound, track: RecordingTrack, channels: 1 | 2): Uint8Array {
  if (track !== 'both') return writeWav(sound[track])
  return channels === 1 ? writeWav(mix(sound.inbound, sound.outbound)) : stereoWav(sound)
}

function stereoWav(sound: Sound): Uint8Array {
  const length = lengthOf(sound)
  const both = new Int16Array(length * 2)
  for (let index = 0; index < length; index += 1) {
    both[2 * index] = sound.inbound[index] ?? 0
    both[2 * index + 1] = sound.outbound[index] ?? 0
  }
  const file = writeWav(both)
  const header = new DataView(file.buffer, file.byteOffset, HEADER_BYTES)
  // Channels, bytes a second, bytes of a sample of all channels.
  header.setUint16(22, 2, true)
  header.setUint32(28, 8000 * 4, true)
  header.setUint16(32, 4, true)
  return file
}
