// Signatures as pages verify them: with the reference implementation of Standard Webhooks.

import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { DroverError } from "../../../server/core/errors.js";
import { signerFor } from "../../../server/endpoint/sign.js";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const now = () => Math.floor(Date.now() / 1_000);

describe("the signature of a call", () => {
  it("is accepted by the reference implementation", () => {
    const body = '{"userid":"ü","n":1}';
    const headers = signerFor(SECRET)("job-1.4", now(), Buffer.from(body));
    expect(new Webhook(SECRET).verify(body, { ...headers })).toEqual({ userid: "ü", n: 1 });
  });

  it("is the one that the standard gives as its example", () => {
    const headers = signerFor(SECRET)(
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      1_614_265_330,
      Buffer.from('{"test": 2432232314}'),
    );
    expect(headers).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("covers the body, the id and the time", () => {
    const time = now();
    const headers = { ...signerFor(SECRET)("job-1.4", time, Buffer.from('{"n":1}')) };
    const page = new Webhook(SECRET);
    expect(() => page.verify('{"n":2}', headers)).toThrow("No matching signature");
    expect(() => page.verify('{"n":1}', { ...headers, "webhook-id": "job-1.5" })).toThrow("No matching signature");
    expect(() => page.verify('{"n":1}', { ...headers, "webhook-timestamp": String(time - 1) })).toThrow("No matching");
  });

  it("covers an empty body, as GET has", () => {
    const headers = signerFor(SECRET)("job-1.1", now(), new Uint8Array());
    expect(() => new Webhook(SECRET).verify("", { ...headers })).not.toThrow();
  });

  it("refuses a secret that is not base64, without showing it", () => {
    for (const secret of ["whsec_", "whsec_not base64!", ""]) {
      const sign = () => signerFor(secret)("job-1.1", 0, new Uint8Array());
      expect(sign).toThrow(DroverError);
      expect(sign).not.toThrow(/not base64!/);
    }
  });
});
