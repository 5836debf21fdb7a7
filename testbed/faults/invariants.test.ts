import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { Refused } from "../http.ts";
import type { Role, RoleContact, RoleReceivedShare, RoleSentShare } from "../roles.ts";
import { disagreements, invariants } from "./invariants.ts";
import type { Message } from "./message.ts";

const sentShare: RoleSentShare = {
  id: "s1",
  name: "a.txt",
  status: "accepted",
  strict: true,
  reason: null,
  expiresAt: null,
  deliveries: [],
};
const receivedShare: RoleReceivedShare = {
  id: "r1",
  name: "a.txt",
  sender: "alice@a",
  status: "accepted",
  endedBy: null,
  access: "ok",
  permissions: ["read"],
  requirements: [],
  expiresAt: null,
  deliveries: [],
};
const contact = (address: string, status = "active"): RoleContact => ({ id: address, address, name: "", status });

interface Books {
  sent?: RoleSentShare[];
  received?: RoleReceivedShare[];
  contacts?: RoleContact[];
  read?: Role["read"];
  origin?: string;
}

/** Somebody whose server says exactly this. */
function role(name: string, { sent = [], received = [], contacts = [], read, origin = "http://localhost" }: Books) {
  return {
    server: { name, origin },
    address: `${name}@${name.slice(0, 1)}`,
    allSent: async () => sent,
    received: async () => received,
    contacts: async () => contacts,
    read,
  } as Partial<Role> as Role;
}

/** A message to alice's server as the proxy saw it. */
function message(more: Partial<Message>): Omit<Message, "from"> {
  return {
    number: 1,
    to: "alice",
    at: 0,
    ms: 1,
    method: "GET",
    path: "",
    url: "",
    requestHeaders: [],
    requestBody: Buffer.alloc(0),
    status: 200,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    responseSize: 0,
    harm: null,
    ...more,
  };
}

const books = (alice: Books, bob: Books) => disagreements([role("alice", alice), role("bob", bob)]);

describe("The books of both sides", () => {
  it("agree when each share and each contact is there once, as the other side has it", async () => {
    const alice = { sent: [sentShare], contacts: [contact("bob@b")] };
    expect(await books(alice, { received: [receivedShare], contacts: [contact("alice@a")] })).toEqual([]);
  });

  it("agree while the end of a share that never arrived is to be said once more, but not before it was said", async () => {
    const end = (attempts: number): Books => ({
      sent: [
        { ...sentShare, status: "expired", deliveries: [{ type: "notification", detail: "SHARE_UNSHARED", attempts }] },
      ],
    });
    expect(await books(end(1), {})).toEqual([]);
    expect(await books(end(0), {})).toEqual(["“a.txt” waits to tell notification SHARE_UNSHARED"]);
  });

  it.each<[string, Books, Books, string]>([
    ["a share that was taken and is not there", { sent: [sentShare] }, {}, "is accepted at the sender and none"],
    [
      "a share that is there twice",
      { sent: [sentShare] },
      { received: [receivedShare, { ...receivedShare, id: "r2" }] },
      "was received 2 times",
    ],
    ["a share that nobody sent", {}, { received: [receivedShare] }, "was received, and sent 0 times"],
    [
      "an answer that was lost",
      { sent: [{ ...sentShare, status: "pending" }] },
      { received: [receivedShare] },
      "is pending at the sender and accepted at the receiver",
    ],
    [
      "an end that only one side knows",
      { sent: [{ ...sentShare, status: "revoked" }] },
      { received: [receivedShare] },
      "is revoked at the sender and accepted",
    ],
    [
      "something that waits to be told",
      { sent: [{ ...sentShare, deliveries: [{ type: "notification", detail: "SHARE_UNSHARED", attempts: 3 }] }] },
      { received: [receivedShare] },
      "waits to tell notification SHARE_UNSHARED",
    ],
    ["a contact of one side only", { contacts: [contact("bob@b")] }, {}, "not the other way round"],
    ["a contact twice", { contacts: [contact("bob@b"), contact("bob@b")] }, {}, "has a contact twice"],
    ["a contact that failed", { contacts: [contact("", "failed")] }, {}, "a contact of alice@a is failed"],
  ])("do not agree over %s", async (_what, alice, bob, sentence) => {
    expect((await books(alice, bob)).join("; ")).toContain(sentence);
  });
});

describe("What was answered with success", () => {
  const posted = (name: string, status: number) =>
    message({
      to: "bob",
      method: "POST",
      path: "/ocm/shares",
      status,
      requestBody: Buffer.from(JSON.stringify({ name })),
    });
  const check = (messages: Omit<Message, "from">[], matter: string | null = null) =>
    invariants(
      [
        role("alice", {
          sent: [
            { ...sentShare, status: "rejected" },
            { ...sentShare, name: "b.txt" },
          ],
        }),
        role("bob", { received: [{ ...receivedShare, name: "b.txt" }] }),
      ],
      messages,
      [{ what: "an answer", missing: async () => matter }],
    );

  it("has its effect: what people asked for, and shares that a server took, whoever saw its answer", async () => {
    await check([posted("b.txt", 201), posted("a.txt", 503)]);
    await expect(check([], "it is pending")).rejects.toThrow("is not there: an answer: it is pending.");
    await expect(check([posted("a.txt", 201)])).rejects.toThrow("bob took “a.txt” and has it not");
  });
});

describe("What has ended", () => {
  const revoked = { sent: [{ ...sentShare, status: "revoked" }] };
  const ended = { ...receivedShare, status: "ended", endedBy: "owner" };

  it("must be closed to the receiver", async () => {
    const still = role("bob", { received: [ended], read: async () => (async function* () {})() });
    await expect(invariants([role("alice", revoked), still], [])).rejects.toThrow("“a.txt” can still be opened");
  });

  it.each([
    [200, "with a credential that was good can still be opened"],
    [401, null],
  ] as const)("must be closed to a credential that was seen on the wire: answer %i", async (status, sentence) => {
    const shown: (string | undefined)[] = [];
    const server = createServer((req, res) => {
      shown.push(req.headers.authorization);
      res.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const read = () => Promise.reject(new Refused("GET", 409, "share-ended", "It has ended."));
    const checking = invariants(
      [role("alice", { ...revoked, origin }), role("bob", { received: [ended], read })],
      [message({ path: "/ocm/dav/s1", requestHeaders: [["Authorization", "Bearer once-good"]] })],
    );
    if (sentence === null) await checking;
    else await expect(checking).rejects.toThrow(sentence);
    expect(shown).toEqual(["Bearer once-good"]);
    server.close();
  });
});
