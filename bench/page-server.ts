// The page that benchmarks call: a process of its own that answers every request with a small JSON document. Prints
// its port when it listens.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 11 });
    response.end('{"ok":true}');
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`port=${(server.address() as AddressInfo).port}\n`);
});
