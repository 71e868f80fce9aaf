// `npm run bench -- NAME…`: each prints figures, the aim beside those that have one, and ratios to something measured
// in the same run.

import { parseArgs } from "node:util";
import { claims } from "./claim.js";
import { endToEnd } from "./e2e.js";
import { fanOuts } from "./fanout-run.js";
import { idle } from "./idle.js";
import { latencies } from "./latency.js";
import { peers } from "./peers.js";
import { submits } from "./submit.js";
import { watches } from "./watch.js";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string" },
    rounds: { type: "string" },
    concurrency: { type: "string" },
    children: { type: "string" },
    seconds: { type: "string" },
    watchers: { type: "string" },
    backlog: { type: "string", multiple: true, default: ["10000", "1000000"] },
    store: { type: "string", multiple: true, default: ["sqlite", "mongodb"] },
  },
});
const stores = values.store;
const number = (name: "jobs" | "rounds" | "concurrency" | "children" | "seconds" | "watchers", otherwise: number) =>
  Number(values[name] ?? otherwise);

const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  e2e: () =>
    endToEnd({
      jobs: number("jobs", 30_000),
      rounds: number("rounds", 3),
      concurrency: number("concurrency", 128),
      stores,
    }),
  submit: () =>
    submits({
      calls: number("jobs", 15_000),
      rounds: number("rounds", 3),
      concurrency: number("concurrency", 64),
      stores,
    }),
  claim: () => claims({ backlogs: values.backlog.map(Number), jobs: number("jobs", 20_000), stores }),
  latency: () => latencies({ jobs: number("jobs", 500), stores }),
  fanout: () => fanOuts(stores, number("children", 1_000_000)),
  watch: () => watches({ watchers: number("watchers", 10_000), seconds: number("seconds", 10), stores }),
  peers: () =>
    peers({
      jobs: number("jobs", 50_000),
      rounds: number("rounds", 5),
      concurrency: number("concurrency", 128),
    }),
  idle: () => idle(number("seconds", 30)),
};

for (const name of positionals.length > 0 ? positionals : ["e2e", "idle"]) {
  const run = benchmarks[name];
  if (run === undefined) {
    process.stderr.write(`bench: no benchmark is called ${name}; there are ${Object.keys(benchmarks).join(", ")}\n`);
    process.exit(2);
  }
  await run();
}
process.exit(0);
