// How every peer calls the page: undici, with the connections of the ceiling. Counts the calls that are done.

import { Agent } from "undici";

const headers = { "content-type": "application/json" };
const waiting = [];
let called = 0;

/** @returns {(payload: unknown) => Promise<unknown>} posts a payload and gives what the page answers. */
export function pageCaller(url, concurrency) {
  const agent = new Agent({ connections: concurrency, pipelining: 1 });
  const { origin, pathname } = new URL(url);
  return async (payload) => {
    const answer = await agent.request({
      origin,
      path: pathname,
      method: "POST",
      headers,
      body: JSON.stringify(payload),
    });
    const result = await answer.body.json();
    if (answer.statusCode !== 200) throw new Error(`the page answered ${answer.statusCode}`);
    called++;
    if (waiting.length > 0) tell();
    return result;
  };
}

/** Resolves when so many calls have been made since the process began. */
export function calls(count) {
  return new Promise((resolve) => {
    waiting.push({ count, resolve });
    tell();
  });
}

function tell() {
  for (const { resolve } of waiting.filter(({ count }) => called >= count)) resolve();
  waiting.splice(0, waiting.length, ...waiting.filter(({ count }) => called < count));
}
