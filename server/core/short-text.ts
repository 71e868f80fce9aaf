// What pages and systems say, made fit to be stored and shown on one line: bounded, well-formed, without control
// characters.

import { limits } from "./limits.js";

export function shortText(text: string): string {
  // Cut before and after: the first keeps the work small, the second keeps the bound.
  const line = text
    .slice(0, limits.messageChars * 2)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim();
  const cut = line.length <= limits.messageChars ? line : `${line.slice(0, limits.messageChars - 1)}…`;
  return cut.toWellFormed();
}
