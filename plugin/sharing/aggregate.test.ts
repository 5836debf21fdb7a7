import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { incomingShareId } from "../protocol/incoming-share-id.ts";
import { derivedId, randomId } from "./aggregate.ts";

const system = { random: (_purpose: string, bytes: number) => randomBytes(bytes) } as Parameters<typeof randomId>[0];

it("makes identifiers that no command line takes for a flag and no file system folds", () => {
  for (let index = 0; index < 500; index++) {
    expect(randomId(system, "test")).toMatch(/^[0-9a-f]{32}$/);
    expect(derivedId("contact", String(index))).toMatch(/^[0-9a-f]{64}$/);
    expect(incomingShareId("host.example", String(index))).toMatch(/^[0-9a-f]{64}$/);
  }
});
