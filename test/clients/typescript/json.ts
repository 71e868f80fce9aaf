// What the conversation's format asks of JSON values: filling in variables, reading bodies, comparing an answer with
// what is expected, and taking out of it what no two runs have in common. Knows nothing of Drover.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
export type Variables = ReadonlyMap<string, string>;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** `${name}` in every string becomes the variable; then `{"$base64": …}` becomes base64 of JSON, from the inside out. */
export function resolve(value: Json, variables: Variables): Json {
  if (typeof value === "string") {
    return value.replace(/\$\{(\w+)\}/g, (whole, name: string) => variables.get(name) ?? whole);
  }
  if (isList(value)) return value.map((item) => resolve(item, variables));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, resolve(item, variables)] as const);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === "$base64") return toBase64(first[1]);
  return Object.fromEntries(entries);
}

export function toBase64(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

/** Payloads and results, which are base64 of JSON, as the values that they are. */
export function decode(value: Json): Json {
  if (isList(value)) return value.map(decode);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const isBody = (key === "payload" || key === "result") && typeof item === "string" && item !== "";
    return [key, decode(isBody ? (JSON.parse(Buffer.from(item, "base64").toString()) as Json) : item)] as const;
  });
  return Object.fromEntries(entries);
}

/** Where and how a value differs from what is expected of it; undefined if it does not. */
export function difference(expected: Json, value: Json | undefined, path = "answer"): string | undefined {
  if (expected === null) return value === undefined ? undefined : `${path} is ${shown(value)}, and was to be absent`;
  if (value === undefined) return `${path} is absent, and was to be ${shown(expected)}`;
  if (expected === "*") return undefined;
  if (isList(expected)) {
    if (!isList(value)) return `${path} is ${shown(value)}, and was to be a list`;
    if (expected.length !== value.length)
      return `${path} has ${value.length} items, and was to have ${expected.length}`;
    return first(expected, (item, index) => difference(item, value[index], `${path}.${index}`));
  }
  if (isObject(expected)) {
    if (!isObject(value)) return `${path} is ${shown(value)}, and was to be an object`;
    return first(Object.entries(expected), ([key, item]) => difference(item, value[key], `${path}.${key}`));
  }
  return expected === value ? undefined : `${path} is ${shown(value)}, and was to be ${shown(expected)}`;
}

function first<T>(items: readonly T[], find: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 200);
}

/** What a value holds at a path such as `jobIds.0`. */
export function at(value: Json, path: string): Json | undefined {
  let found: Json | undefined = value;
  for (const part of path.split(".")) {
    if (isList(found)) found = found[Number(part)];
    else found = isObject(found) ? found[part] : undefined;
  }
  return found;
}

export interface Normalising {
  readonly omit: readonly string[];
  readonly mask: readonly string[];
  /** Text that is replaced by the name of its variable. */
  readonly named: Variables;
}

/** An answer as it is in every run and every language. */
export function normalise(value: Json, rules: Normalising): Json {
  if (typeof value === "string") {
    let text = value;
    for (const [name, found] of rules.named) text = text.replaceAll(found, `\${${name}}`);
    return text;
  }
  if (isList(value)) return value.map((item) => normalise(item, rules));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !key.endsWith("Time") && !rules.omit.includes(key));
  return Object.fromEntries(
    kept.map(([key, item]) => {
      if (!rules.mask.includes(key)) return [key, normalise(item, rules)];
      return [key, isList(item) ? item.map(() => "*") : "*"];
    }),
  );
}
