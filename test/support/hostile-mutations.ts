// Ways to spoil a sound message, as fast-check generates and shrinks them: bytes of protobuf, and text of JSON. Each
// is a plain value, so that a failure prints what was done. Also where the seed of a run comes from.

import fc from "fast-check";

/** The same seed makes the same attacks. fast-check prints it with what failed. */
export const FUZZ_SEED = Number(process.env.DROVER_FUZZ_SEED ?? Date.now() % 2 ** 31);

export type Mutation =
  | { readonly kind: "flip"; readonly place: number; readonly bit: number }
  | { readonly kind: "cut"; readonly place: number }
  | { readonly kind: "erase"; readonly place: number; readonly length: number }
  | { readonly kind: "insert"; readonly place: number; readonly bytes: Uint8Array }
  | { readonly kind: "repeat"; readonly place: number; readonly length: number; readonly times: number }
  | { readonly kind: "wire type"; readonly place: number; readonly type: number }
  | { readonly kind: "field"; readonly number: number; readonly type: number; readonly value: bigint }
  | { readonly kind: "nest"; readonly number: number; readonly depth: number; readonly groups: boolean };

/** Lengths that overflow, and varints that never end. */
const HUGE_LENGTHS = [
  "ffffffff0f",
  "ffffffff07",
  "ffffffffffffffff7f",
  "ffffffffffffffffffffff01",
  "80808080808080808000",
];
/** Half characters, overlong forms, surrogates, beyond Unicode. */
const BAD_UTF8 = ["ff", "c3", "c080", "e08080", "eda080", "f4908080", "f8888080"];

const place = fc.nat({ max: 100_000 });
const fieldNumber = fc.oneof(fc.integer({ min: 1, max: 45 }), fc.constantFrom(0, 19_000, 536_870_911));
const anyVarint = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(
    0n,
    1n,
    99n,
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 32n,
    2n ** 53n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ),
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), place, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant("cut" as const), place }),
  fc.record({ kind: fc.constant("erase" as const), place, length: fc.integer({ min: 1, max: 16 }) }),
  fc.record({
    kind: fc.constant("insert" as const),
    place,
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 32 }),
      fc.constantFrom(...[...HUGE_LENGTHS, ...BAD_UTF8].map((hex) => new Uint8Array(Buffer.from(hex, "hex")))),
    ),
  }),
  fc.record({
    kind: fc.constant("repeat" as const),
    place,
    length: fc.integer({ min: 1, max: 64 }),
    times: fc.integer({ min: 2, max: 2_000 }),
  }),
  fc.record({ kind: fc.constant("wire type" as const), place, type: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant("field" as const), number: fieldNumber, type: fc.nat({ max: 7 }), value: anyVarint }),
  fc.record({
    kind: fc.constant("nest" as const),
    number: fieldNumber,
    depth: fc.integer({ min: 1, max: 2_000 }),
    groups: fc.boolean(),
  }),
);

export interface PlacedMutation {
  /** Into which of the messages within the message, level by level; their lengths are set right again. */
  readonly inside: readonly number[];
  readonly change: Mutation;
}

const placed = fc.record({ inside: fc.array(fc.nat({ max: 20 }), { maxLength: 3 }), change: mutation });

export const mutations: fc.Arbitrary<PlacedMutation[]> = fc.array(placed, { minLength: 1, maxLength: 4 });

export function mutated(sound: Uint8Array, list: readonly PlacedMutation[]): Buffer {
  return list.reduce<Buffer>((bytes, { inside, change }) => within(bytes, inside, change), Buffer.from(sound));
}

function within(bytes: Buffer, [first, ...rest]: readonly number[], change: Mutation): Buffer {
  const fields = lengthDelimited(bytes);
  const chosen = first === undefined ? undefined : fields[first % fields.length];
  if (chosen === undefined) return apply(bytes, change);
  const inner = within(bytes.subarray(chosen.start, chosen.end), rest, change);
  const length = varint(BigInt(inner.length));
  return Buffer.concat([bytes.subarray(0, chosen.lengthStart), length, inner, bytes.subarray(chosen.end)]);
}

/** Where the fields with a length are, as far as the bytes can be followed. */
function lengthDelimited(bytes: Buffer): { lengthStart: number; start: number; end: number }[] {
  const found: { lengthStart: number; start: number; end: number }[] = [];
  let at = 0;
  const next = () => {
    let value = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const type = next() & 7;
    const lengthStart = at;
    if (type === 0) next();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === 2) {
      const length = next();
      if (at + length > bytes.length) break;
      found.push({ lengthStart, start: at, end: at + length });
      at += length;
    } else break;
  }
  return found;
}

function apply(bytes: Buffer, change: Mutation): Buffer {
  const at = "place" in change ? change.place % (bytes.length + 1) : bytes.length;
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const first = after[0] ?? 0;
  switch (change.kind) {
    case "flip":
      return Buffer.concat([before, Buffer.from([first ^ (1 << change.bit)]), after.subarray(1)]);
    case "cut":
      return before;
    case "erase":
      return Buffer.concat([before, after.subarray(change.length)]);
    case "insert":
      return Buffer.concat([before, change.bytes, after]);
    case "repeat":
      return Buffer.concat([before, ...Array<Buffer>(change.times).fill(after.subarray(0, change.length)), after]);
    case "wire type":
      return Buffer.concat([before, Buffer.from([(first & 0xf8) | change.type]), after.subarray(1)]);
    case "field":
      return Buffer.concat([bytes, tag(change.number, change.type), varint(change.value)]);
    case "nest":
      return Buffer.concat([bytes, nested(change.number, change.depth, change.groups)]);
    default:
      return change satisfies never;
  }
}

/** Messages within messages in one field, closed as they should be. */
function nested(number: number, depth: number, groups: boolean): Buffer {
  if (groups) {
    return Buffer.concat([...Array(depth).fill(tag(number, 3)), ...Array(depth).fill(tag(number, 4))]);
  }
  let bytes = Buffer.alloc(0);
  for (let i = 0; i < depth; i++) bytes = Buffer.concat([tag(number, 2), varint(BigInt(bytes.length)), bytes]);
  return bytes;
}

function tag(number: number, type: number): Buffer {
  return varint((BigInt(number) << 3n) | BigInt(type));
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** JSON as text that stands where a value stood: of the wrong type, too large, too deep, or none at all. */
const ODD_VALUES: readonly string[] = [
  ...["null", "true", "0", "-0", "-1", "1.5", "1e999", "-1e999", "1e-999", "9007199254740993", "18446744073709551616"],
  ...['""', '"NaN"', '"Infinity"', '"-1s"', '"1e9s"', '"999999999999999999s"', '"0001-01-01T00:00:00Z"', '"99999"'],
  ...['"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"a\\u0000b"', '"\\u202e"', '"%00"', '"*"', '"__proto__"', '"=="'],
  ...[
    "[]",
    "{}",
    "[null]",
    "[[]]",
    '[{"x":[]}]',
    '{"__proto__":{"id":"polluted"}}',
    '{"constructor":{"prototype":{}}}',
  ],
  ...['{"a":1,"a":2}', '{"":""}', '{"toString":null}', '{"@type":"type.googleapis.com/drover.v1.Job"}', '"JOB_VIEW_X"'],
  ...[
    `"${"9".repeat(5_000)}"`,
    "9".repeat(5_000),
    "[".repeat(200) + "]".repeat(200),
    '{"a":'.repeat(200) + "1".padEnd(201, "}"),
  ],
  ...[
    "NaN",
    "Infinity",
    "undefined",
    "'a'",
    "01",
    "0x1",
    "+1",
    ".5",
    "1.",
    '"\n"',
    '"\\x41"',
    "// c\n1",
    "[1,]",
    '{"a":1,}',
  ],
];

export interface JsonMutation {
  /** Which value of the request, counted from its outside in. */
  readonly value: number;
  readonly becomes: string;
  /** What comes after the end. */
  readonly tail: string;
  /** The first key of the outermost object is said again, before, with this. */
  readonly twice: string | undefined;
  /** How much of the text is sent, in thousandths. */
  readonly sent: number;
}

export const jsonMutation: fc.Arbitrary<JsonMutation> = fc.record({
  value: fc.nat({ max: 60 }),
  becomes: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...ODD_VALUES) }, { weight: 1, arbitrary: fc.json() }),
  tail: fc.oneof(
    { weight: 8, arbitrary: fc.constant("") },
    fc.constantFrom("{}", "\0", "x", "}", "\ufeff", "\n\n", "null"),
  ),
  twice: fc.option(fc.constantFrom(...ODD_VALUES), { freq: 6, nil: undefined }),
  sent: fc.oneof({ weight: 8, arbitrary: fc.constant(1_000) }, fc.nat({ max: 999 })),
});

export function mutatedJson(sound: unknown, { value, becomes, tail, twice, sent }: JsonMutation): string {
  const count = valuesIn(sound);
  let seen = -1;
  const write = (it: unknown): string => {
    seen += 1;
    if (seen === value % count) {
      seen += valuesIn(it) - 1;
      return becomes;
    }
    if (Array.isArray(it)) return `[${it.map(write).join(",")}]`;
    if (typeof it !== "object" || it === null) return JSON.stringify(it);
    return `{${Object.entries(it)
      .map(([key, inner]) => `${JSON.stringify(key)}:${write(inner)}`)
      .join(",")}}`;
  };
  const text = write(sound);
  const key = /^\{("[^"]*")/.exec(text)?.[1];
  const said = twice === undefined || key === undefined ? text : `{${key}:${twice},${text.slice(1)}`;
  return said.slice(0, Math.ceil((said.length * sent) / 1_000)) + tail;
}

function valuesIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + valuesIn(inner), 1);
}
