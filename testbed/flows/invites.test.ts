import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";

describe.each(flowDatabases())("Invites on $name", (database) => {
  let world: Federation<"alpha" | "beta">;
  beforeAll(async () => {
    world = await federation(database, { alpha: {}, beta: {} });
  });
  afterAll(() => world.close());

  it("make the two people contacts of each other", async () => {
    const { alpha, beta } = world.servers;
    const [alice, bob] = [
      await alpha.person({ displayName: "Alice", email: "alice@example.org" }),
      await beta.person(),
    ];
    const { invite, token } = await alice.invite({ note: "for Bob" });
    expect(Buffer.from(invite, "base64url").toString()).toBe(`${token}@${alpha.host}`);
    const contact = await bob.acceptInvite(invite);
    expect(contact).toMatchObject({
      status: "active",
      address: alice.address,
      name: "Alice",
      email: "alice@example.org",
    });
    const known = await eventually("the contact", async () => (await alice.contacts())[0]);
    expect(known).toMatchObject({ status: "active", address: bob.address });
  });
});
