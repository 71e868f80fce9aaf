// The pages of a forest, in the process of the test: leaves, and masters that open and fill their batches, fail half way
// and run again in another order, repeat what they say and lose answers. All that is asked of them and all that they
// say is kept, for the checks at the end.

import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "@bufbuild/protobuf";
import { tokenOf } from "./batches.js";
import type { RecordedRequest } from "./page-server.js";
import { type PageServer, startPageServer } from "./page-server.js";
import { randomOf, shuffled } from "./random.js";
import type { Answer } from "./raw-client.js";
import type { Fleet } from "./trees-fleet.js";
import { type Ending, type Forest, nodesOf, type Root, rootPath, type TreeBatch, type TreeNode } from "./trees-plan.js";

export interface PageCall {
  readonly path: string;
  readonly jobId: string;
  readonly fence: number;
  /** Of the monotonic clock. */
  readonly time: number;
  readonly body: string;
}

/** One call of the service, by a page or by an app. */
export interface Said {
  readonly method: string;
  /** The page that said it. */
  readonly by: { readonly jobId: string; readonly fence: number } | undefined;
  readonly batchPath: string;
  readonly chunkKey: string;
  /** Of the jobs in it, in order. */
  readonly paths: readonly string[];
  readonly sentTime: number;
  readonly answer: Answer;
}

/** For whom a batch is filled: a page, or an app. */
interface Actor {
  readonly by: Said["by"];
  readonly token: string | undefined;
  /** How often this was begun before. */
  readonly round: number;
}

type Step = () => Promise<void>;

const AT_ONCE = { initial: "0s", max: "0s" };
/** A batch that nobody seals is closed soon. */
const SEAL_TIMEOUT = "2s";

/** A caller that goes away does so within this time: before, while or after its call is carried out. */
const GONE_MS = 8;

/** The caller is not to go on: what it wanted was refused. */
class Refused extends Error {}

export class TreePages {
  readonly calls: PageCall[] = [];
  readonly said: Said[] = [];
  /** Calls that have begun, of pages and of the service. */
  begun = 0;
  readonly #server: PageServer;
  readonly #fleet: Fleet;
  readonly #nodes = new Map<string, TreeNode>();
  #random: () => number = Math.random;

  private constructor(server: PageServer, fleet: Fleet) {
    this.#server = server;
    this.#fleet = fleet;
    server.handler = (request, response) => this.#answer(request, response);
  }

  static async start(fleet: Fleet): Promise<TreePages> {
    return new TreePages(await startPageServer(), fleet);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** From now on these pages are there. */
  plant({ roots, seed }: Forest): void {
    this.#random = randomOf(seed);
    for (const root of roots) {
      const nodes = "node" in root ? [root.node, ...root.node.batches.flatMap(nodesOf)] : nodesOf(root.batch);
      for (const node of nodes) this.#nodes.set(node.path, node);
    }
  }

  /** Resolves as soon as the condition holds; looked at whenever a call begins, and when told. */
  until(condition: () => boolean): Promise<void> {
    return this.#server.until(condition);
  }

  tell(): void {
    this.#server.changed();
  }

  #begin(): void {
    this.begun += 1;
    this.tell();
  }

  /** As an app does it. */
  async submit(root: Root): Promise<void> {
    if ("batch" in root) return this.#fill(root.batch, { by: undefined, token: undefined, round: 0 });
    const job = { ...this.#job(root.node), id: rootPath(root) };
    await this.#tell("JobService/SubmitJob", { job }, { by: undefined, token: undefined, round: 0 }, "", [job.id]);
  }

  async #answer(request: RecordedRequest, response: ServerResponse): Promise<void> {
    const path = request.url.slice(1);
    const node = this.#nodes.get(path);
    if (node === undefined) return void response.writeHead(404).end();
    const by = { jobId: String(request.headers["job-id"]), fence: Number(request.headers["job-fence"]) };
    const round = this.calls.filter((call) => call.path === path).length;
    this.calls.push({ path, ...by, time: performance.now(), body: request.body.toString() });
    this.#begin();
    const ending = node.endings[Math.min(round, node.endings.length - 1)] ?? "ok";
    try {
      const actor = { by, token: tokenOf(request), round };
      const steps = this.#shuffled(node.batches).flatMap((batch) => this.#steps(batch, actor));
      const some = ending === "cut" ? steps.slice(0, Math.ceil(steps.length / 2)) : steps;
      for (const step of some) await step();
      // The work itself: it takes its time, so that servers die in the middle of it.
      if (steps.length === 0 && node.workMs > 0) await wait(node.workMs);
      end(response, ending, path);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      end(response, "fault", path);
    }
  }

  async #fill(batch: TreeBatch, actor: Actor): Promise<void> {
    try {
      for (const step of this.#steps(batch, actor)) await step();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  /** Opening, chunks and seal; members with keys come in another order and other chunks each time. */
  #steps(batch: TreeBatch, actor: Actor): Step[] {
    const chunks = this.#chunksOf(batch, actor.round);
    const { path } = batch;
    let batchId = "";
    const open = async (nodes: readonly TreeNode[], isOpen: boolean) => {
      const request = { batch: this.#settings(batch), jobs: this.#members(batch, nodes), open: isOpen };
      const { body } = await this.#tell("JobService/SubmitBatch", request, actor, path, pathsOf(nodes));
      batchId = body.batch.id;
    };
    if (batch.sealing === "at once")
      return [
        () =>
          open(
            chunks.flatMap(({ nodes }) => nodes),
            false,
          ),
      ];
    const [first, ...rest] = chunks;
    const steps: Step[] = [() => open(first?.nodes ?? [], true)];
    for (const { chunkKey, nodes } of this.#shuffled(rest)) {
      steps.push(async () => {
        const request = { batchId, chunkKey, jobs: this.#members(batch, nodes) };
        await this.#tell("JobService/AddJobs", request, actor, path, pathsOf(nodes));
      });
    }
    if (batch.sealing === "by itself") {
      const expectedJobCount = batch.chunks.flat().length;
      steps.push(async () => {
        await this.#tell("JobService/SealBatch", { batchId, expectedJobCount }, actor, path, []);
      });
    }
    return steps;
  }

  #chunksOf({ chunks, isKeyed, sealing }: TreeBatch, round: number): { chunkKey: string; nodes: TreeNode[] }[] {
    if (!isKeyed) return chunks.map((nodes, index) => ({ chunkKey: `c${index}`, nodes: [...nodes] }));
    const nodes = this.#shuffled(chunks.flat());
    if (sealing === "at once") return [{ chunkKey: "", nodes }];
    const cuts = chunks.map(({ length }, index) => nodes.slice(index * length, (index + 1) * length));
    // What the equal cuts have left over or passed over: all of it again, which does no harm under keys of their own.
    const all = [...cuts.filter(({ length }) => length > 0), nodes];
    return all.map((cut, index) => ({ chunkKey: `${round}-${index}`, nodes: cut }));
  }

  #settings(batch: TreeBatch): JsonObject {
    const { path, key, cancelsRest, tolerated, isAbandoned, onComplete } = batch;
    return {
      key,
      labels: { path },
      sealTimeout: SEAL_TIMEOUT,
      failurePolicy: {
        mode: cancelsRest ? "MODE_CANCEL_REST" : "MODE_CONTINUE",
        toleratedFailureCount: tolerated,
      },
      parentClosePolicy: isAbandoned ? "PARENT_CLOSE_POLICY_ABANDON" : "PARENT_CLOSE_POLICY_CANCEL",
      ...(onComplete === undefined ? {} : { onComplete: this.#job(onComplete) }),
    };
  }

  #members({ isKeyed }: TreeBatch, nodes: readonly TreeNode[]): JsonObject[] {
    return nodes.map((node) => ({ ...this.#job(node), ...(isKeyed ? { childKey: node.path } : {}) }));
  }

  #job({ path, maxAttempts }: TreeNode): JsonObject {
    return { endpoint: { url: `${this.#server.origin}/${path}` }, maxAttempts, backoff: AT_ONCE };
  }

  /** Says it, sometimes several times: at once, after an answer that was ignored, or after going away. */
  async #tell(
    method: string,
    request: JsonObject,
    actor: Actor,
    batchPath: string,
    paths: readonly string[],
  ): Promise<Answer> {
    const say = () => this.#say(method, request, actor, batchPath, paths);
    const way = this.#random();
    if (way < 0.15) await Promise.all([say(), say()]);
    else if (way < 0.3) await say();
    else if (way < 0.4) {
      const signal = AbortSignal.timeout(Math.ceil(this.#random() * GONE_MS));
      await this.#fleet.once(method, request, { ...tokenIn(actor), signal });
    }
    const answer = await say();
    if (answer.code !== "OK") throw new Refused(`${method} ${answer.code}`);
    return answer;
  }

  async #say(
    method: string,
    request: JsonObject,
    { by, token }: Actor,
    batchPath: string,
    paths: readonly string[],
  ): Promise<Answer> {
    const sentTime = performance.now();
    this.#begin();
    const answer = await this.#fleet.say(method, request, token);
    const chunkKey = String(request.chunkKey ?? "");
    this.said.push({ method, by, batchPath, chunkKey, paths, sentTime, answer });
    return answer;
  }

  #shuffled<T>(values: readonly T[]): T[] {
    return shuffled(values, this.#random);
  }
}

function tokenIn({ token }: Actor): { token?: string } {
  return token === undefined ? {} : { token };
}

function pathsOf(nodes: readonly TreeNode[]): string[] {
  return nodes.map(({ path }) => path);
}

function end(response: ServerResponse, ending: Ending, path: string): void {
  if (ending === "cut") response.destroy();
  else response.writeHead({ ok: 200, no: 404, fault: 500 }[ending]).end(path);
}
