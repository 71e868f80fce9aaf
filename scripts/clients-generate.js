// Generates the clients anew: `node scripts/clients-generate.js [go] [python] [java]`, all of them if none is named.

import { copyFileSync } from "node:fs";
import { asked, generate, LANGUAGES, SERVICE_CONFIG } from "./clients-plugins.js";

for (const language of asked()) {
  generate(language, ".");
  copyFileSync(SERVICE_CONFIG, LANGUAGES[language].serviceConfig);
  process.stdout.write(`clients/${language} is generated\n`);
}
