// Health, in gRPC's own protocol: SERVING while the store answers and the server does not leave. Asks the store only
// when somebody asks, and while somebody watches.

import { EventEmitter, on } from "node:events";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@drover/sdk/gen/grpc/health/v1/health_pb";
import { limits } from "../core/limits.js";
import type { Log } from "../core/observer.js";
import type { Engine } from "../engine/api.js";
import { OpenStreams, type Route, route } from "./routes.js";

/** Whether the store answers, in bounded time. */
export async function answers(engine: Pick<Engine, "ping">): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limits.healthAnswerMs);
  });
  const answer = (async () => engine.ping())().then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

export class HealthReporter {
  readonly #engine: Pick<Engine, "ping">;
  /** The whole server is the service without a name. */
  readonly services: readonly string[];
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #status: Status = Status.UNKNOWN;
  #left = false;
  #watchers = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(engine: Pick<Engine, "ping">, serviceNames: readonly string[]) {
    this.#engine = engine;
    this.services = ["", ...serviceNames];
  }

  /** Asks the store now. All services share it, so all have one status. */
  async check(): Promise<Status> {
    const status = !this.#left && (await answers(this.#engine)) && !this.#left ? Status.SERVING : Status.NOT_SERVING;
    if (status !== this.#status) {
      this.#status = status;
      this.#changes.emit("change", status);
    }
    return status;
  }

  leave(): void {
    this.#left = true;
    void this.check();
  }

  stop(): void {
    this.leave();
    clearInterval(this.#timer);
  }

  /** The status now, then whenever it changes, until the signal. */
  async *watch(signal: AbortSignal): AsyncGenerator<Status> {
    this.#watchers += 1;
    this.#timer ??= setInterval(() => void this.check(), limits.healthPollMs).unref();
    try {
      const changes = on(this.#changes, "change", { signal });
      let shown = await this.check();
      yield shown;
      for await (const [status] of changes) {
        if (status !== shown) yield status;
        shown = status;
      }
    } finally {
      this.#watchers -= 1;
      if (this.#watchers === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }
}

export function healthRoute(health: HealthReporter, log: Log): Route {
  const impl: ServiceImpl<typeof Health> = {
    async check({ service }) {
      if (health.services.includes(service)) return { status: await health.check() };
      throw new ConnectError(`there is no service ${JSON.stringify(service.slice(0, limits.idChars))}`, Code.NotFound);
    },

    async *watch({ service }, { signal }) {
      if (!health.services.includes(service)) {
        // The protocol wants the stream kept open, as the service might appear. Here none does.
        yield { status: Status.SERVICE_UNKNOWN };
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        signal.throwIfAborted();
      }
      for await (const status of health.watch(signal)) yield { status };
    },

    async list() {
      const status = await health.check();
      return { statuses: Object.fromEntries(health.services.map((service) => [service, { status }])) };
    },
  };
  return route(Health, impl, log, new OpenStreams(limits.watches));
}
