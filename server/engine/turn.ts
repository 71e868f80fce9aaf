/** A turn of the event loop: between sets of a long piece of work, since SQLite answers at once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
