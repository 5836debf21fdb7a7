import { describe, expect, it } from "vitest";
import { Refused } from "../http.ts";
import type { Role, RoleReceivedShare, RoleSentShare } from "../roles.ts";
import { arrival, closed, trying } from "./acts.ts";

const SHARE = { sent: "s", received: "r", name: "a.txt" };
const refusal = (status: number) => new Refused("GET x", status, null, "no");
const refuse = (status: number) => async () => {
  throw refusal(status);
};
const person = (role: Partial<Role>) => role as Role;
const empty = async () => (async function* () {})();

describe("A share that must be closed", () => {
  const receiver = { read: refuse(409), write: refuse(502), list: refuse(409) };

  it("is, when everything is refused, also for want of an answer", async () => {
    await closed(person(receiver), SHARE, true);
  });

  it.each<[string, Partial<Role>]>([
    ["reading", { read: empty }],
    ["writing", { write: async () => undefined }],
    ["listing", { list: async () => [] }],
  ])("is not, when %s works", async (what, more) => {
    const message = `${what} worked, but it had to be refused.`;
    await expect(closed(person({ ...receiver, ...more }), SHARE, true)).rejects.toMatchObject({ message });
  });

  it("may be listed as it was known, until the receiver's server was told", async () => {
    await closed(person({ ...receiver, list: async () => [] }), SHARE);
  });

  it("is not shown to be, when the person's own server does not answer", async () => {
    const broken = async () => {
      throw new Error("got no answer");
    };
    await expect(closed(person({ ...receiver, read: broken }), SHARE)).rejects.toThrow("got no answer");
  });
});

describe("Somebody who tries again", () => {
  it("does so when the other server gave no answer, and gets what comes in the end", async () => {
    let tries = 0;
    const found = await trying(async () => {
      tries += 1;
      if (tries < 3) throw tries === 1 ? refusal(502) : new Error("cut");
      return "content";
    });
    expect([found, tries]).toEqual(["content", 3]);
  });

  it("takes a refusal for what it is", async () => {
    let tries = 0;
    const attempt = trying(async () => {
      tries += 1;
      throw refusal(403);
    });
    await expect(attempt).rejects.toThrow("403");
    expect(tries).toBe(1);
  });
});

describe("The arrival of a share", () => {
  const sent = { status: "pending", reason: null } as RoleSentShare;
  const received = { id: "r", name: "a.txt", sender: "alice@a", status: "pending" } as RoleReceivedShare;
  const arrive = (status: Partial<RoleSentShare>, shares: RoleReceivedShare[]) => {
    const sender = person({ address: "alice@a", sent: async () => ({ ...sent, ...status }) });
    return arrival({ sender, receiver: person({ received: async () => shares }) }, "s", "/a.txt");
  };

  it("gives the share that is there once, of this sender", async () => {
    expect(await arrive({}, [{ ...received, id: "other", sender: "eve@e" }, received])).toEqual(received);
  });

  it.each<[string, Partial<RoleSentShare>, RoleReceivedShare[]]>([
    ["It was rejected: no such person", { status: "rejected", reason: { code: "x", message: "no such person" } }, []],
    ["has it not", {}, []],
    ["It was received 2 times", {}, [received, { ...received, id: "r2" }]],
    ["It is accepted", {}, [{ ...received, status: "accepted" }]],
  ])("fails with “%s”", async (sentence, status, shares) => {
    await expect(arrive(status, shares)).rejects.toThrow(sentence);
  });
});
