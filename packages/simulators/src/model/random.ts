/** A small seeded generator (mulberry32): the same seed gives the same ids, deltas and delays. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  between([low, high]: readonly [number, number]): number {
    return low + this.next() * (high - low)
  }

  /** An id as the service makes them, such as `item_DHzGvZbVwy3Jd3bVYoWmn`. */
  id(prefix: string): string {
    let id = `${prefix}_`
    for (let length = 0; length < 21; length += 1) id += ALPHABET[Math.floor(this.next() * ALPHABET.length)]
    return id
  }

  letters(length: number): string {
    let letters = ''
    while (letters.length < length) letters += ALPHABET[Math.floor(this.next() * ALPHABET.length)]
    return letters
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
