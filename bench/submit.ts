// SubmitJob calls a second, each durable before it is answered, beside a bare echo server of @grpc/grpc-js that the
// same client calls with the same bytes. Rounds alternate. The servers run no job meanwhile.

import { atLeast, median } from "./figures.js";
import { type Running, startDrover, startNode } from "./processes.js";
import { withStores } from "./stores.js";

export interface SubmitOptions {
  readonly calls: number;
  readonly rounds: number;
  /** Calls at the same time. */
  readonly concurrency: number;
  readonly stores: readonly string[];
}

const OF_ECHO = 0.7;

export function submits(options: SubmitOptions): Promise<void> {
  return withStores(options.stores, async (addressOf) => {
    const servers = new Map<string, Running>();
    try {
      servers.set("echo", await startNode("bench/dist/bench/echo-server.js", [], /^echo ready (\S+)/));
      for (const store of options.stores) {
        servers.set(store, await startDrover(addressOf(store, "submit"), ["--no-dispatch"]));
      }
      print(options, await runRounds(options, servers));
    } finally {
      for (const server of servers.values()) await server.stop();
    }
  });
}

async function runRounds(
  { calls, rounds, concurrency }: SubmitOptions,
  servers: ReadonlyMap<string, Running>,
): Promise<Map<string, number[]>> {
  const rates = new Map<string, number[]>([...servers.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, { ready }] of servers) {
      const args = [ready[1] ?? "", String(calls), String(concurrency)];
      const client = await startNode("bench/dist/bench/submit-client.js", args, /^rate=(\d+)/);
      await client.stop();
      rates.get(name)?.push(Number(client.ready[1]));
    }
  }
  return rates;
}

function print({ calls, rounds, concurrency }: SubmitOptions, rates: ReadonlyMap<string, number[]>): void {
  process.stdout.write(
    `\nsubmit: ${calls} SubmitJob calls, ${concurrency} at once on one connection, median of ${rounds} rounds, Node ${process.version}\n`,
  );
  const echo = median(rates.get("echo") ?? []);
  for (const [name, values] of rates) {
    const rate = median(values);
    const ratio = name === "echo" ? "" : `  of the echo server ${atLeast(rate / echo, OF_ECHO, 2)}`;
    process.stdout.write(`${name.padEnd(14)}${rate.toString().padStart(8)}/s${ratio}  rounds ${values.join(" ")}\n`);
  }
}
