const HEIGHT = 5000

/** White noise at 8 kHz, the same every time. */
export function noise(samples: number): Int16Array {
  let state = 1
  return Int16Array.from({ length: samples }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return HEIGHT * (state / 2 ** 31 - 1)
  })
}
