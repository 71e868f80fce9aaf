// Jobs for a bulk call: the same payload as Drover's, in chunks of as many, as many of them under way.

const CHUNK = 1_000;
const UNDER_WAY = 3;

/** Calls `send` with an array of payloads for every chunk. */
export async function inChunks(count, send) {
  const payload = { n: 1, text: "x".repeat(100) };
  let left = count;
  await Promise.all(
    Array.from({ length: UNDER_WAY }, async () => {
      while (left > 0) {
        const size = Math.min(CHUNK, left);
        left -= size;
        await send(Array(size).fill(payload));
      }
    }),
  );
}
