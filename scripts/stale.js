// Which generated files in a folder are not what was generated now: changed, absent, or there with nothing behind them.
// Knows neither what generates them nor from what.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files whose names `isGenerated` says yes to, by their path beneath `fresh` and `committed`. */
export function staleFiles(fresh, committed, isGenerated) {
  const files = (base) =>
    readdirSync(base, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && isGenerated(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1));
  const [made, there] = [new Set(files(fresh)), new Set(files(committed))];
  return [...new Set([...made, ...there])].sort().filter((name) => {
    if (!made.has(name) || !there.has(name)) return true;
    return readFileSync(join(fresh, name), "utf8") !== readFileSync(join(committed, name), "utf8");
  });
}
