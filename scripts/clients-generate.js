// Generates the clients anew: `node scripts/clients-generate.js [go] [python] [java]`, all of them if none is named.

import { asked, generate } from "./clients-plugins.js";

for (const language of asked()) {
  generate(language, ".");
  process.stdout.write(`clients/${language} is generated\n`);
}
