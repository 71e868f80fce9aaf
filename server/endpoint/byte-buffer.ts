// Bytes that arrive in pieces, up to a bound. One growing piece of memory: a list of what arrived would keep a hundred
// bytes of bookkeeping for each byte of a page that drips.

export class ByteBuffer {
  readonly #limit: number;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** False if it would not fit: then nothing is added. */
  append(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#limit) return false;
    if (length > this.#bytes.length) {
      // Most answers come in one piece: the first is taken at its size, later ones double it.
      const grown = new Uint8Array(
        this.#length === 0 ? length : Math.min(this.#limit, Math.max(length, this.#length * 2)),
      );
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  /** All that was added; the buffer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.length === this.#length ? this.#bytes : this.#bytes.slice(0, this.#length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return taken;
  }
}
