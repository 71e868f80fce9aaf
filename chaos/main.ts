// `npm run chaos -- --seed S --jobs N --kills K --store sqlite|mongo --servers M`: real servers, pages, callers and
// watchers, each a process, under faults that the seed draws; then a verdict for each invariant. Fails if one is broken.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gather } from "./evidence.js";
import { type RunOptions, run } from "./run.js";
import { figuresOf, judge, tableOf } from "./verdicts.js";
import { firstUnits } from "./work.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    jobs: { type: "string", default: "2000" },
    bulk: { type: "string" },
    kills: { type: "string", default: "6" },
    store: { type: "string", default: "sqlite" },
    servers: { type: "string" },
    nodes: { type: "string", default: "1" },
    pauses: { type: "string" },
    restarts: { type: "string" },
    elections: { type: "string" },
    cuts: { type: "string" },
    failpoints: { type: "string" },
    clocks: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

type Count = Exclude<keyof typeof values, "store" | "clocks" | "keep">;

/** Rejects what is no whole number, naming the flag. */
function count(name: Count, otherwise: number): number {
  const value = Number(values[name] ?? otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`chaos: --${name} must be a whole number, and is ${values[name]}\n`);
  process.exit(2);
}

const isMongo = values.store === "mongo";
if (!isMongo && values.store !== "sqlite") {
  process.stderr.write(`chaos: --store must be sqlite or mongo, and is ${values.store}\n`);
  process.exit(2);
}
if (values.clocks !== undefined && !isMongo) {
  process.stderr.write("chaos: --clocks needs --store mongo: the clock of a SQLite file is its server's\n");
  process.exit(2);
}
const kills = count("kills", 0);
const folder = mkdtempSync(join(tmpdir(), "drover-chaos-"));
const options: RunOptions = {
  folder,
  seed: count("seed", Date.now() % 2 ** 31),
  jobs: count("jobs", 0),
  bulk: count("bulk", 1),
  store: isMongo ? "mongo" : "sqlite",
  servers: isMongo ? count("servers", 3) : 1,
  nodes: count("nodes", 1),
  clocks: values.clocks?.split(","),
  faults: {
    kills,
    pauses: count("pauses", Math.ceil(kills / 10)),
    restarts: count("restarts", Math.ceil(kills / 10)),
    elections: isMongo ? count("elections", Math.ceil(kills / 20)) : 0,
    cuts: isMongo ? count("cuts", 0) : 0,
    failpoints: count("failpoints", 0),
  },
};

const { seed, jobs, bulk, store, servers, nodes, faults } = options;
const command = [
  `npm run chaos -- --seed ${seed} --jobs ${jobs} --store ${store} --servers ${servers} --nodes ${nodes}`,
  ...Object.entries(faults).map(([name, number]) => `--${name} ${number}`),
  ...(bulk === 1 ? [] : [`--bulk ${bulk}`]),
  ...(values.clocks === undefined ? [] : [`--clocks ${values.clocks}`]),
].join(" ");
process.stdout.write(`${command}\n`);

const outcome = await run(options, (text) => process.stdout.write(`${text}\n`));
const evidence = await gather(firstUnits(outcome.plan, outcome.units), outcome.journals, outcome.stored, outcome);
const verdicts = judge(evidence);
process.stdout.write(`\n${tableOf(verdicts)}\n\n${figuresOf(evidence)}\n`);

const broken = verdicts.filter(({ wrong }) => wrong.length > 0);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const verdict = broken.length === 0 ? "all clean" : `broken: ${broken.map(({ id }) => id).join(" ")}`;
if (broken.length === 0 && !values.keep) rmSync(folder, { recursive: true, force: true });
else process.stdout.write(`journals and logs are in ${folder}\n`);
process.stdout.write(
  `seed ${seed}, commit ${commit}, ${jobs} jobs, ${kills} kills: ${verdict}; again with: ${command}\n`,
);
process.exit(broken.length === 0 ? 0 : 1);
