// `node chaos/dist/chaos/mutants/main.js [BUG…]`: do the tests have teeth? Each seeded bug is switched on alone in a copy
// of the project, and the layer that is to find it must fail on it, as it must pass without it.

import { type Ending, runLayer } from "./judge.js";
import { ProjectCopy } from "./project-copy.js";
import { faultOf, type Layer, type SeededBug } from "./seeded-bug.js";
import { seededBugs } from "./seeded-bugs.js";

const names = process.argv.slice(2);
const unknown = names.filter((name) => !seededBugs.some((bug) => bug.name === name));
if (unknown.length > 0) fail(`there is no bug named ${unknown.join(" ")}`);
const bugs = seededBugs.filter(({ name }) => names.length === 0 || names.includes(name));

const rotten = seededBugs.flatMap(({ edits }) => edits.flatMap((edit) => faultOf(edit) ?? []));
if (rotten.length > 0) fail(`the source has changed under some bugs:\n${rotten.join("\n")}`);

const copy = new ProjectCopy();
process.once("exit", () => copy.remove());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

await copy.build();
const layers = new Map(bugs.map(({ caughtBy }) => [keyOf(caughtBy), caughtBy]));
/** Those that pass without a bug: what any other finds proves nothing. */
const sound = new Set<string>();
for (const [key, layer] of layers) {
  const { seconds, ending } = await timed(() => runLayer(copy, layer));
  if (ending.kind === "passed") sound.add(key);
  const verdict = ending.kind === "passed" ? "passed" : "BROKEN";
  tell(
    `${"without a bug".padEnd(34)} ${verdict}  ${seconds} s  ${key}${verdict === "BROKEN" ? `: ${shown(ending)}` : ""}`,
  );
}

let missed = 0;
for (const bug of bugs) {
  const { seconds, ending } = await timed(() => tryOut(bug));
  if (ending.kind !== "found") missed += 1;
  tell(`${bug.name.padEnd(34)} ${ending.kind === "found" ? "caught" : "MISSED"}  ${seconds} s  ${shown(ending)}`);
}
tell(`${bugs.length - missed} caught, ${missed} missed`);
process.exit(missed === 0 ? 0 : 1);

async function tryOut({ edits, caughtBy }: SeededBug): Promise<Ending> {
  if (!sound.has(keyOf(caughtBy))) return { kind: "nothing", why: "its layer does not pass without a bug" };
  const takeOut = await copy.seed(edits);
  try {
    await copy.build();
    return await runLayer(copy, caughtBy);
  } catch (error) {
    return { kind: "nothing", why: `it does not compile: ${(error as Error).message}` };
  } finally {
    await takeOut();
  }
}

async function timed(run: () => Promise<Ending>): Promise<{ readonly seconds: string; readonly ending: Ending }> {
  const started = performance.now();
  const ending = await run();
  return { seconds: ((performance.now() - started) / 1_000).toFixed(0).padStart(3), ending };
}

function shown(ending: Ending): string {
  if (ending.kind === "passed") return "all was well";
  return ending.kind === "found" ? ending.by : ending.why;
}

/** As a shell takes it. */
function keyOf({ command }: Layer): string {
  return command.map((word) => (/^[\w./=-]+$/.test(word) ? word : `'${word}'`)).join(" ");
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): never {
  process.stderr.write(`mutants: ${text}\n`);
  process.exit(2);
}
