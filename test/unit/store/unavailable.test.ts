// What the MongoDB driver throws when a connection breaks, in the words of the port.

import { describe, expect, it } from "vitest";
import { attempt } from "../../../server/store/mongo/unavailable.js";

/** As a socket of Node's raises it; the driver passes it on as it is. */
function brokenPipe(): Error {
  return Object.assign(new Error("This socket has been ended by the other party"), { code: "EPIPE" });
}

describe("a connection to mongod that breaks while a command is written", () => {
  it("is tried once more", async () => {
    let tries = 0;
    const run = async () => {
      tries += 1;
      if (tries === 1) throw brokenPipe();
      return "done";
    };
    expect(await attempt(run)).toBe("done");
    expect(tries).toBe(2);
  });

  it("is UNAVAILABLE, and no inner fault, if it breaks again", async () => {
    const run = () => Promise.reject(brokenPipe());
    await expect(attempt(run)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is not taken for an error of another kind", async () => {
    const run = () => Promise.reject(new TypeError("a defect"));
    await expect(attempt(run)).rejects.toThrow(TypeError);
  });
});
