// One process of a peer: its worker or its submitter. Answers what the benchmark asks over the channel of a forked
// process. Plain JavaScript like the peers beside it: the compiler runs without their packages, which come on demand.

import { calls, pageCaller } from "./page.mjs";

const [peer, role, address, url, concurrency] = process.argv.slice(2);
const settings = { address, concurrency: Number(concurrency) };
const { startSubmitter, startWorker } = await import(`./${peer}.mjs`);

const answers =
  role === "worker"
    ? await startWorker({ ...settings, callPage: pageCaller(url, settings.concurrency) }).then(() => ({
        called: calls,
      }))
    : await startSubmitter(settings);

process.on("message", async ({ id, question, count }) => {
  const answer = await answers[question](count);
  process.send({ id, answer });
});
// The benchmark is gone.
process.on("disconnect", () => process.exit());
process.send({ ready: true });
