// Explores every interleaving of a small model, breadth first: each reachable state once, so that a violation comes
// with a shortest trace. A state is plain data and its JSON is its key; what a state means is the models' business.

/** Alters a copy of the state. A string that it returns is what the step itself breaks. */
export type Change<S> = (to: S) => unknown;

/** What a model may do from a state. */
export interface Steps<S> {
  /** A step that happens sooner or later where nothing else does: a process that goes on, time that passes. */
  step(label: string, change: Change<S>): void;
  /** A step that may never come: a crash, a stall, a caller's wish. No progress may lean on it. */
  chance(label: string, change: Change<S>): void;
}

export interface Model<S> {
  readonly initial: S;
  next(from: S, steps: Steps<S>): void;
  /** What a state, or the way into it, breaks: an invariant by its number, and how. */
  broken(to: S, from: S): string | undefined;
  /** Nothing is left to be done: such a state must be reachable from everywhere. */
  ended(state: S): boolean;
  /** What is broken where none can be reached. */
  readonly stuck: string;
  /** Brings processes that are alike into one order, so that states that differ by it only are one. */
  normalize?(state: S): void;
}

export interface Violation {
  readonly what: string;
  readonly trace: readonly string[];
}

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  readonly ends: number;
  readonly violation?: Violation;
}

/** Throws beyond `maxStates`: a model that does not end must not take the machine with it. */
export function explore<S>(model: Model<S>, maxStates = 2_000_000): Exploration {
  const found = new Found();
  const edges: number[] = [];
  const ends: number[] = [];
  const initial = keyOf(model, copy(model.initial));
  found.add(initial, -1);
  let steps = 0;

  for (let at = 0; at < found.size; at += 1) {
    if (found.size > maxStates) throw new Error(`more than ${maxStates} states`);
    const from = found.state<S>(at);
    if (model.ended(from)) ends.push(at);
    let violation: Violation | undefined;
    const take = (label: string, change: Change<S>, leanable: boolean) => {
      if (violation !== undefined) return;
      const to = copy(from);
      const said = change(to);
      const what = typeof said === "string" ? said : model.broken(to, from);
      steps += 1;
      if (what !== undefined) {
        violation = { what, trace: [...traceTo(model, found, at), label] };
        return;
      }
      const reached = found.add(keyOf(model, to), at);
      if (leanable && reached !== at) edges.push(at, reached);
    };
    model.next(from, {
      step: (label, change) => take(label, change, true),
      chance: (label, change) => take(label, change, false),
    });
    if (violation !== undefined) return { states: found.size, steps, ends: ends.length, violation };
  }

  const stuck = firstStuck(found.size, edges, ends);
  const summary = { states: found.size, steps, ends: ends.length };
  if (stuck === undefined) return summary;
  return { ...summary, violation: { what: model.stuck, trace: traceTo(model, found, stuck) } };
}

/** The states found so far, in the order of their distance from the first. */
class Found {
  readonly #places = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #before: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  add(key: string, before: number): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.#keys.length);
    this.#before.push(before);
    return this.#keys.push(key) - 1;
  }

  key(place: number): string {
    return this.#keys[place] ?? "";
  }

  state<S>(place: number): S {
    return JSON.parse(this.key(place)) as S;
  }

  /** The places on the way from the first state to this one. */
  way(place: number): number[] {
    const places: number[] = [];
    for (let at = place; at >= 0; at = this.#before[at] ?? -1) places.unshift(at);
    return places;
  }
}

/** Labels are not kept while exploring; the few on one way are found by taking its steps again. */
function traceTo<S>(model: Model<S>, found: Found, place: number): string[] {
  const way = found.way(place);
  return way.slice(1).map((to, index) => {
    const from = found.state<S>(way[index] ?? 0);
    let taken = "";
    const look = (label: string, change: Change<S>) => {
      if (taken !== "") return;
      const changed = copy(from);
      change(changed);
      if (keyOf(model, changed) === found.key(to)) taken = label;
    };
    model.next(from, { step: look, chance: look });
    return taken;
  });
}

/** The first state from which no end can be reached by the edges, which come in pairs: from, to. */
function firstStuck(size: number, edges: readonly number[], ends: readonly number[]): number | undefined {
  const starts = new Int32Array(size + 1);
  for (let edge = 1; edge < edges.length; edge += 2) add(starts, (edges[edge] ?? 0) + 1, 1);
  for (let state = 0; state < size; state += 1) add(starts, state + 1, starts[state] ?? 0);
  const sources = new Int32Array(edges.length / 2);
  const filled = starts.slice();
  for (let edge = 0; edge < edges.length; edge += 2) {
    const to = edges[edge + 1] ?? 0;
    sources[filled[to] ?? 0] = edges[edge] ?? 0;
    add(filled, to, 1);
  }
  const ending = new Uint8Array(size);
  const open = [...ends];
  for (const end of ends) ending[end] = 1;
  for (let to = open.pop(); to !== undefined; to = open.pop()) {
    for (const from of sources.subarray(starts[to], starts[to + 1])) {
      if (ending[from] === 1) continue;
      ending[from] = 1;
      open.push(from);
    }
  }
  const stuck = ending.indexOf(0);
  return stuck < 0 ? undefined : stuck;
}

/** Sets a part of a state, if it is there. */
export function put<T extends object>(part: T | undefined, change: Partial<Omit<T, never>>): void {
  if (part !== undefined) Object.assign(part, change);
}

function add(counts: Int32Array, place: number, amount: number): void {
  counts[place] = (counts[place] ?? 0) + amount;
}

function keyOf<S>(model: Model<S>, state: S): string {
  model.normalize?.(state);
  return JSON.stringify(state);
}

/** Plain data only; several times as fast as `structuredClone`. */
function copy<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const made = { ...value };
  for (const name in made) {
    const part = made[name];
    if (typeof part === "object") made[name] = copy(part);
  }
  return made;
}
