// A page as a route of Next: type-checked against the types that Next checks a route file by, and called with a request
// of its own class.

import type { AppRouteHandlerFn } from "next/dist/server/route-modules/app-route/module.js";
import { NextRequest } from "next/server.js";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { defineJob, endpoint } from "../../../sdk/index.js";
import { droverRequest } from "./drover-request.js";

/** What Next generates for each route file, in `.next/types`, and checks the file's exports against. */
interface RouteHandlerConfig {
  readonly POST?: (
    request: NextRequest,
    context: { params: Promise<Record<string, string>> },
    // biome-ignore lint/suspicious/noConfusingVoidType: so it is in Next.
  ) => Promise<Response | void> | Response | void;
}

const double = defineJob({
  kind: "double",
  path: "/jobs/double",
  input: z.object({ number: z.number() }),
  result: z.number(),
});

// app/jobs/double/route.ts
const POST = endpoint(double, ({ number }) => number * 2);

const route = { POST } satisfies RouteHandlerConfig;
const handler = POST satisfies AppRouteHandlerFn;

describe("a page as a route of Next", () => {
  it("is what Next takes for a handler, and answers a NextRequest", async () => {
    const request = new NextRequest(droverRequest({ payload: { number: 21 } }));
    const response = await route.POST(request);
    expect(await response.json()).toBe(42);
    expect(handler).toBe(POST);
    // Without this, types of Next that are not found would check nothing.
    expectTypeOf<NextRequest>().not.toBeAny();
    expectTypeOf<AppRouteHandlerFn>().not.toBeAny();
    expectTypeOf(request.nextUrl.pathname).toEqualTypeOf<string>();
    expectTypeOf<Parameters<AppRouteHandlerFn>[0]>().not.toBeAny();
    // @ts-expect-error: a handler whose request is something else is none.
    ((input: { readonly no: string }) => Response.json(input)) satisfies AppRouteHandlerFn;
  });
});
