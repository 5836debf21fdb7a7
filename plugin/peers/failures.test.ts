import { describe, expect, it } from "vitest";
import { TransportError } from "../ports/system.ts";
import { message, testClient } from "./client.test-helper.ts";
import { transportFailure } from "./failures.ts";
import { failureOf } from "./peers.test-helper.ts";

/** What is said of a peer whose name leads to these addresses. */
async function saidOf(host: string, addresses: string[], peers = {}): Promise<string> {
  const { client, logger } = testClient({ peers, lookup: async () => addresses });
  const failure = await failureOf(client.post(message(host)));
  expect([failure.code, failure.final]).toEqual(["peer-address-refused", true]);
  expect(logger.lines.join("\n")).not.toContain("undefined");
  return failure.message;
}

describe("a peer at an address that is refused", () => {
  it.each([
    ["b.example", "10.0.0.1"],
    ["b.example:8443", "127.0.0.1"],
    ["b.example", "fd12:3456::1"],
    ["b.example", "100.64.0.1"],
  ])("is told with the option that would permit it: %s at %s", async (host, address) => {
    const said = await saidOf(host, [address]);
    expect(said).toContain(address);
    expect(said).toContain(`If it belongs there, permit it: peers: { "${host}": { allowPrivateAddresses: true } }.`);
  });

  it("is told so where one of its addresses could be permitted", async () => {
    expect(await saidOf("b.example", ["169.254.169.254", "10.0.0.1"])).toContain("allowPrivateAddresses");
  });

  it.each(["169.254.169.254", "fe80::1", "64:ff9b::a00:1", "2002:7f00:1::1", "::127.0.0.1"])(
    "is told no option where there is none, as for %s",
    async (address) => {
      expect(await saidOf("b.example", [address])).not.toContain("allowPrivateAddresses");
      const permitted = { "b.example": { allowPrivateAddresses: true } };
      expect(await saidOf("b.example", [address], permitted)).not.toContain("allowPrivateAddresses");
    },
  );

  it("is told no option where something else is the matter", () => {
    const error = new TransportError("dns", "The name of b.example leads to (a private address).");
    expect(transportFailure("b.example", error).message).toBe(error.message);
  });
});
