// How often each of many 64-bit hashes was seen, in 12 bytes a slot, 16 to 32 bytes a hash: a Map of bigints took 54.
// Two contents with one hash would share a count: among ten million the chance is one in 400,000.

const SLOT_WORDS = 3;
const FIRST_SLOTS = 1_024;
const MAX_LOAD = 0.75;

export class HashCounts {
  /** High word, low word, count: a slot with count 0 is free. The number of slots is a power of two. */
  #words = new Uint32Array(FIRST_SLOTS * SLOT_WORDS);
  #slots = FIRST_SLOTS;
  #used = 0;

  /** Different hashes seen. */
  get size(): number {
    return this.#used;
  }

  /** What it takes of memory. */
  get bytes(): number {
    return this.#words.byteLength;
  }

  /** Counts one more, and returns how often it was seen with this one. Both words are 32 random bits. */
  add(high: number, low: number): number {
    const place = this.#placeOf(high, low);
    const words = this.#words;
    const count = (words[place + 2] ?? 0) + 1;
    words[place] = high;
    words[place + 1] = low;
    words[place + 2] = count;
    if (count === 1) {
      this.#used += 1;
      if (this.#used > this.#slots * MAX_LOAD) this.#grow();
    }
    return count;
  }

  /** Where this hash is, or the free slot where it belongs. */
  #placeOf(high: number, low: number): number {
    const words = this.#words;
    const mask = this.#slots - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const place = slot * SLOT_WORDS;
      if (words[place + 2] === 0) return place;
      if (words[place] === high && words[place + 1] === low) return place;
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#slots *= 2;
    this.#words = new Uint32Array(this.#slots * SLOT_WORDS);
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + 2] === 0) continue;
      this.#words.set(old.subarray(from, from + SLOT_WORDS), this.#placeOf(old[from] ?? 0, old[from + 1] ?? 0));
    }
  }
}
