// The pages of the demo: three that do a little work. Some statistics fail at first, some tell how far they are; both
// depend on the user's number only, so that every run is the same.

import { createServer, type Server, type ServerResponse } from "node:http";

/** Of the users' numbers: every 20th page fails at its first attempt, every 50th streams its progress. */
export const failsAtFirst = (user: number): boolean => user % 20 === 0;
export const showsProgress = (user: number): boolean => user % 50 === 1;

const STEPS = 8;
const STEP_MS = 150;

export function createPages(): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume();
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://pages");
      const attempt = Number(request.headers["job-attempt"]);
      const id = Number([...url.searchParams.values()][0]);
      if (url.pathname !== "/compileuserstats") answer(response, 200, { done: url.pathname.slice(1), id });
      else if (failsAtFirst(id) && attempt === 1) answer(response, 500, { error: "the statistics are being rebuilt" });
      else if (showsProgress(id)) stream(response, id);
      else answer(response, 200, { user: id, logins: (id * 7_919) % 365 });
    });
  });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** One line of JSON for each step, the result last: live progress with no SDK. */
function stream(response: ServerResponse, user: number): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  let done = 0;
  const timer = setInterval(() => {
    done += 1;
    response.write(`${JSON.stringify({ progress: { done, total: STEPS, message: `user ${user}` } })}\n`);
    if (done < STEPS) return;
    clearInterval(timer);
    response.end(`${JSON.stringify({ result: { user, logins: (user * 7_919) % 365 } })}\n`);
  }, STEP_MS);
  response.on("close", () => clearInterval(timer));
}
