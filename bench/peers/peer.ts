// A peer as a system: a worker and a submitter, each a process of its own that answers questions.

import { fork } from "node:child_process";
import { once } from "node:events";
import { type Cost, costOf } from "./cost.js";
import type { DatabaseKind } from "./database.js";
import type { Ends } from "./ends.js";
import { PEERS_FOLDER } from "./packages.js";
import type { System, Work } from "./system.js";

const LOOK_MS = 10;

interface PeerProcess extends Cost {
  ask(question: string, count?: number): Promise<number>;
}

/** @param script of the peer, beside this file. */
export function peer(name: string, script: string, database: DatabaseKind, setup: string, oneIn = 1): System {
  return {
    name,
    setup,
    database,
    oneIn,
    async start(ends, work, running) {
      const address = running?.address ?? "";
      // The submitter makes what the worker looks for.
      const submitter = await startProcess(ends, script, "submitter", address, work);
      const worker = await startProcess(ends, script, "worker", address, work);
      let total = 0;
      return {
        costs: { worker, submitter },
        async runAll(count) {
          total += count;
          await submitter.ask("submit", count);
          // Counting what is left would be measured too: not before the last page has answered.
          await worker.ask("called", total);
          while ((await submitter.ask("unfinished")) > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        },
      };
    },
  };
}

async function startProcess(
  ends: Ends,
  script: string,
  role: "worker" | "submitter",
  address: string,
  { url, concurrency }: Work,
): Promise<PeerProcess> {
  const child = fork(`${PEERS_FOLDER}/peer-process.mjs`, [script, role, address, url, String(concurrency)]);
  const kill = () => child.kill("SIGKILL");
  const ended = once(child, "exit");
  process.once("exit", kill);
  ends.add(async () => {
    kill();
    await ended;
    process.off("exit", kill);
  });
  const failure = ended.then(() => {
    throw new Error(`the ${role} of ${script} ended`);
  });
  // It may end when nothing is asked.
  failure.catch(() => {});
  await Promise.race([once(child, "message"), failure]);
  let questions = 0;
  return {
    ...costOf(child.pid as number),
    ask(question, count) {
      const id = questions++;
      const answered = new Promise<number>((resolve) => {
        const listen = (message: { readonly id: number; readonly answer: number }) => {
          if (message.id !== id) return;
          child.off("message", listen);
          resolve(message.answer);
        };
        child.on("message", listen);
      });
      // Where it has ended, that is what is told.
      child.send({ id, question, count }, () => {});
      return Promise.race([answered, failure]);
    },
  };
}
