import * as api from "@opentelemetry/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextsOf, spanContextIn } from "./contexts.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("traceparent", () => {
  it("is read as W3C Trace Context has it, also from a later version", () => {
    const found = { traceId: TRACE, spanId: SPAN, isRemote: true };
    expect(spanContextIn(`00-${TRACE}-${SPAN}-01`, api)).toEqual({ ...found, traceFlags: 1 });
    expect(spanContextIn(`00-${TRACE}-${SPAN}-00`, api)).toEqual({ ...found, traceFlags: 0 });
    expect(spanContextIn(`cc-${TRACE}-${SPAN}-03-what-comes`, api)).toEqual({ ...found, traceFlags: 1 });
  });

  it.each([
    undefined,
    "",
    [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`],
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01\n`,
  ])("that is %j is left aside", (header) => {
    expect(spanContextIn(header, api)).toBeUndefined();
  });

  it("of a stranger never throws, and never gives what is not valid", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const found = spanContextIn(header, api);
        return found === undefined || api.isSpanContextValid(found);
      }),
    );
  });
});

describe("Without a context manager of the host", () => {
  it("work finds its context again after waiting, and other work does not", async () => {
    const contexts = contextsOf(api);
    const key = api.createContextKey("test");
    const seen = (value: string) =>
      contexts.run(api.ROOT_CONTEXT.setValue(key, value), async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return contexts.active().getValue(key);
      });
    expect(await Promise.all([seen("one"), seen("two")])).toEqual(["one", "two"]);
    expect(contexts.active()).toBe(api.ROOT_CONTEXT);
  });
});
