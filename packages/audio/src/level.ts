const FULL_SCALE = 32_768

/** Root mean square of the samples, 0 … 32768. Empty audio has none: 0. */
export function rms(pcm: Int16Array): number {
  if (pcm.length === 0) return 0
  let sum = 0
  for (let index = 0; index < pcm.length; index += 1) sum += (pcm[index] as number) ** 2
  return Math.sqrt(sum / pcm.length)
}

/** Largest absolute sample, 0 … 32768. */
export function peak(pcm: Int16Array): number {
  let highest = 0
  for (let index = 0; index < pcm.length; index += 1)
    highest = Math.max(highest, Math.abs(pcm[index] as number))
  return highest
}

/** Level of the samples in dB below full scale: 0 for a square wave of full height, -Infinity for silence. */
export function levelDbfs(pcm: Int16Array): number {
  return 20 * Math.log10(rms(pcm) / FULL_SCALE)
}

/** Sums voices sample by sample, clipped to 16 bits; as long as the longest. */
export function mix(...voices: readonly Int16Array[]): Int16Array {
  const mixed = new Int16Array(Math.max(0, ...voices.map((voice) => voice.length)))
  for (const voice of voices) {
    for (let index = 0; index < voice.length; index += 1) {
      const sum = (mixed[index] as number) + (voice[index] as number)
      mixed[index] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, sum))
    }
  }
  return mixed
}
