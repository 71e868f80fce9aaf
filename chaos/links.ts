// Links that can be cut, slowed or made to lose answers: toxiproxy between the servers and each mongod. It is built by Go
// from its own source, into a folder that is kept.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../test/support/free-port.js";
import { startDaemon } from "./processes.js";

const MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0";
const run = promisify(execFile);

export class Links {
  readonly #api: string;

  private constructor(api: string) {
    this.#api = api;
  }

  /** Rejects where there is no Go to build it with. */
  static async start(): Promise<Links> {
    const port = await freePort();
    const program = await build();
    await startDaemon(program, ["-host", "127.0.0.1", "-port", String(port)], /Starting Toxiproxy/, () => {});
    const links = new Links(`http://127.0.0.1:${port}`);
    await links.#untilReady();
    return links;
  }

  /** The address of a new link to this port of the loopback; it is named after the port. */
  async open(port: number): Promise<string> {
    const listen = `127.0.0.1:${await freePort()}`;
    await this.#call("POST", "/proxies", { name: nameOf(port), listen, upstream: `127.0.0.1:${port}`, enabled: true });
    return listen;
  }

  /** No connection lives or is made for so long. */
  async cut(port: number, ms: number): Promise<void> {
    await this.#call("POST", `/proxies/${nameOf(port)}`, { enabled: false });
    await wait(ms);
    await this.#call("POST", `/proxies/${nameOf(port)}`, { enabled: true });
  }

  /** What is asked takes longer to arrive. */
  async slow(port: number, ms: number, latencyMs: number): Promise<void> {
    const attributes = { latency: latencyMs, jitter: latencyMs / 2 };
    await this.#toxic(port, ms, { type: "latency", stream: "upstream", attributes });
  }

  /** What is asked is done, and no answer comes; then the connections end. */
  async silence(port: number, ms: number): Promise<void> {
    await this.#toxic(port, ms, { type: "timeout", stream: "downstream", attributes: { timeout: 0 } });
  }

  async #toxic(port: number, ms: number, toxic: object): Promise<void> {
    const path = `/proxies/${nameOf(port)}/toxics`;
    await this.#call("POST", path, { name: "fault", toxicity: 1, ...toxic });
    await wait(ms);
    await this.#call("DELETE", `${path}/fault`);
  }

  async #call(method: string, path: string, body?: object): Promise<void> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(this.#api + path, { method, ...json });
    if (!response.ok) throw new Error(`toxiproxy answered ${response.status}: ${await response.text()}`);
  }

  async #untilReady(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#call("GET", "/version");
      } catch (error) {
        if (tries >= 100) throw error;
        await wait(50);
      }
    }
  }
}

function nameOf(port: number): string {
  return `node-${port}`;
}

async function build(): Promise<string> {
  const folder = join(homedir(), ".cache", "drover", "toxiproxy");
  const program = join(folder, "server");
  if (existsSync(program)) return program;
  try {
    await run("go", ["install", MODULE], { env: { ...process.env, GOBIN: folder } });
  } catch (cause) {
    throw new Error("faults of links need toxiproxy, which Go builds: install Go, or give --cuts 0", { cause });
  }
  return program;
}
