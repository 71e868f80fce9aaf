// The ceiling: undici alone, calling the same page as often, 128 at once, from one process, with a body of the same
// size. What a job system adds is the difference. Prints calls per second.

import { Agent } from "undici";

const [url = "", count = "0", concurrency = "128"] = process.argv.slice(2);
const agent = new Agent({ connections: Number(concurrency), pipelining: 1 });
const { origin, pathname } = new URL(url);
const body = JSON.stringify({ n: 1, text: "x".repeat(100) });
const headers = { "content-type": "application/json" };

async function calls(left: { count: number }): Promise<void> {
  while (left.count-- > 0) {
    const answer = await agent.request({ origin, path: pathname, method: "POST", headers, body });
    await answer.body.arrayBuffer();
  }
}

async function run(total: number): Promise<number> {
  const left = { count: total };
  const started = performance.now();
  await Promise.all(Array.from({ length: Number(concurrency) }, () => calls(left)));
  return (total / (performance.now() - started)) * 1_000;
}

await run(Math.min(5_000, Number(count)));
process.stdout.write(`rate=${Math.round(await run(Number(count)))}\n`);
await agent.close();
