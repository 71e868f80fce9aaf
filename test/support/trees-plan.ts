// Random forests for the property tests of trees: what each page does whenever it is called, how its batches are
// filled, when servers die and what is cancelled. Drawn by fast-check, so that a seed repeats it. Knows no server.

import fc from "fast-check";

/** 200, 404, 500, or a connection that is cut: of a master after half of its steps. */
export type Ending = "ok" | "no" | "fault" | "cut";

export interface TreeNode {
  /** Where its page is; those of its batches and their members begin with it. */
  readonly path: string;
  /** How its calls end, in turn; the last for all that follow. */
  readonly endings: readonly Ending[];
  readonly maxAttempts: number;
  /** How long a call takes that opens nothing. */
  readonly workMs: number;
  /** None: a leaf. */
  readonly batches: readonly TreeBatch[];
}

export interface TreeBatch {
  readonly path: string;
  readonly key: string;
  readonly chunks: readonly (readonly TreeNode[])[];
  /** Members are known by a child key, and may come in any order; otherwise by chunk and place. */
  readonly isKeyed: boolean;
  readonly sealing: "at once" | "by itself" | "left open";
  readonly cancelsRest: boolean;
  readonly tolerated: number;
  readonly onComplete: TreeNode | undefined;
  readonly isAbandoned: boolean;
}

/** Opened by an app: a job, or a batch that no page has made. */
export type Root = { readonly node: TreeNode } | { readonly batch: TreeBatch };

export interface Cancel {
  readonly root: number;
  readonly what: "root" | "batch" | "job";
  /** After so many calls of this tree. */
  readonly afterCalls: number;
  /** Which of those that are known by then. */
  readonly pick: number;
  /** Whether every server dies as soon as it is answered, before they can have told anyone. */
  readonly killsAfter: boolean;
}

/** What befalls a server after so many calls more, of pages and of the service. */
export interface Blow {
  readonly afterCalls: number;
  /** SIGKILL, or SIGSTOP for longer than a lease. */
  readonly kind: "kill" | "stall";
}

export interface Forest {
  readonly roots: readonly Root[];
  readonly cancels: readonly Cancel[];
  readonly blows: readonly Blow[];
  /** Of what is not drawn step by step: repeats, lost answers, orders. */
  readonly seed: number;
}

export function rootPath(root: Root): string {
  return "node" in root ? root.node.path : root.batch.path;
}

/** All that a batch runs: its members and what they open, and at last its `on_complete` job. */
export function nodesOf(batch: TreeBatch): TreeNode[] {
  return ownNodesOf(batch).flatMap((node) => [node, ...node.batches.flatMap(nodesOf)]);
}

export function batchesOf(root: Root): TreeBatch[] {
  const under = (batch: TreeBatch): TreeBatch[] => [
    batch,
    ...ownNodesOf(batch).flatMap((node) => node.batches.flatMap(under)),
  ];
  return "node" in root ? root.node.batches.flatMap(under) : under(root.batch);
}

function ownNodesOf({ chunks, onComplete }: TreeBatch): TreeNode[] {
  return onComplete === undefined ? chunks.flat() : [...chunks.flat(), onComplete];
}

type NodeShape = Omit<TreeNode, "path" | "batches"> & { readonly batches: readonly BatchShape[] };
type BatchShape = Omit<TreeBatch, "path" | "key" | "chunks" | "onComplete"> & {
  readonly chunks: readonly (readonly NodeShape[])[];
  readonly onComplete: NodeShape | undefined;
};

const bad = fc.constantFrom<Ending>("fault", "cut");
const last = fc.constantFrom<Ending>("ok", "ok", "ok", "no");
const endings = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Ending[]>(["ok"]) },
  { weight: 1, arbitrary: fc.constant<Ending[]>(["no"]) },
  { weight: 2, arbitrary: fc.tuple(bad, last) },
  { weight: 1, arbitrary: fc.tuple(bad, bad, last) },
);

function node(depth: number): fc.Arbitrary<NodeShape> {
  const batches = depth === 0 ? fc.constant([]) : fc.array(batch(depth - 1), { minLength: 1, maxLength: depth + 1 });
  return fc.record({
    endings,
    maxAttempts: fc.constantFrom(2, 10, 10, 10),
    workMs: fc.constantFrom(0, 5, 20, 60),
    batches,
  });
}

const leaf = node(0);

/** @param depth how many levels of masters its members may have below them */
function batch(depth: number): fc.Arbitrary<BatchShape> {
  const member = depth === 0 ? leaf : fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: node(depth) });
  return fc.record({
    chunks: fc.array(fc.array(member, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    isKeyed: fc.boolean(),
    sealing: fc.constantFrom("at once", "by itself", "by itself", "left open"),
    cancelsRest: fc.constantFrom(false, false, true),
    tolerated: fc.constantFrom(0, 1, 100),
    onComplete: fc.option(member, { nil: undefined }),
    isAbandoned: fc.constantFrom(false, false, true),
  });
}

function placed(shape: NodeShape, path: string): TreeNode {
  return { ...shape, path, batches: shape.batches.map((one, index) => placedBatch(one, `${path}.b${index}`)) };
}

function placedBatch({ onComplete, ...shape }: BatchShape, path: string): TreeBatch {
  let place = 0;
  return {
    ...shape,
    path,
    key: path,
    chunks: shape.chunks.map((chunk) => chunk.map((member) => placed(member, `${path}.${place++}`))),
    onComplete: onComplete === undefined ? undefined : placed(onComplete, `${path}.done`),
  };
}

const TREES = 10;

/** Paths in it begin with a name that no other forest has. */
export function forest(name: () => string): fc.Arbitrary<Forest> {
  const root = fc.oneof(
    { weight: 4, arbitrary: node(2).map((job) => ({ job })) },
    { weight: 1, arbitrary: batch(1).map((opened) => ({ opened })) },
  );
  const cancel = fc.record({
    root: fc.nat(20),
    what: fc.constantFrom<Cancel["what"]>("root", "batch", "job"),
    afterCalls: fc.integer({ min: 1, max: 12 }),
    pick: fc.nat(1_000),
    killsAfter: fc.boolean(),
  });
  const blow = fc.record({
    afterCalls: fc.integer({ min: 10, max: 100 }),
    kind: fc.constantFrom<Blow["kind"]>("kill", "kill", "stall"),
  });
  return fc
    .record({
      shapes: fc.array(root, { minLength: TREES, maxLength: TREES }),
      cancels: fc.array(cancel, { minLength: 3, maxLength: 5 }),
      blows: fc.array(blow, { minLength: 3, maxLength: 4 }),
      seed: fc.nat(),
    })
    .map(({ shapes, ...rest }) => {
      const prefix = name();
      const roots = shapes.map((shape, index): Root => {
        const path = `${prefix}-${index}`;
        return "job" in shape ? { node: placed(shape.job, path) } : { batch: placedBatch(shape.opened, path) };
      });
      // In a report the seed says it all: the whole is thousands of lines.
      return { ...rest, roots, [fc.toStringMethod]: () => `the forest ${prefix}` };
    });
}
