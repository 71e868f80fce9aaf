// Whether a test here can run on this machine: what it says where a language's tools are absent. Which tools those are
// is told by the list of languages that hold the conversation.

import { OTHER_LANGUAGES } from "../clients/languages.js";
import { lackOf } from "../clients/runner-process.js";

const NEEDED = (process.env.DROVER_NEED ?? "").split(",");

/** The note to skip `what` with, undefined if it can run. Fails if `DROVER_NEED` says that it must run. */
export async function noteOf(need: string, what: string): Promise<string | undefined> {
  const language = OTHER_LANGUAGES.find((it) => it.need === need);
  if (language === undefined) throw new Error(`no language is called ${need}`);
  const lack = await lackOf(language);
  if (lack === undefined) return undefined;
  const note = `${what}: skipped: ${lack}`;
  if (NEEDED.includes(need)) throw new Error(`DROVER_NEED names ${need}, but ${note}`);
  console.log(note);
  return note;
}
