// `npm run bench -- [e2e|fanout|idle]`: each prints figures, and ratios to something measured in the same run.

import { parseArgs } from "node:util";
import { endToEnd } from "./e2e.js";
import { fanOuts } from "./fanout-run.js";
import { idle } from "./idle.js";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string", default: "30000" },
    rounds: { type: "string", default: "3" },
    concurrency: { type: "string", default: "128" },
    children: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "30" },
    store: { type: "string", multiple: true, default: ["sqlite", "mongodb"] },
  },
});

for (const name of positionals.length > 0 ? positionals : ["e2e", "idle"]) {
  if (name === "e2e") {
    const { jobs, rounds, concurrency, store: stores } = values;
    await endToEnd({ jobs: Number(jobs), rounds: Number(rounds), concurrency: Number(concurrency), stores });
  } else if (name === "fanout") await fanOuts(values.store, Number(values.children));
  else if (name === "idle") await idle(Number(values.seconds));
  else {
    process.stderr.write(`bench: no benchmark is called ${name}; there are e2e, fanout and idle\n`);
    process.exit(2);
  }
}
process.exit(0);
