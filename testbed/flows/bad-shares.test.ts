import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer } from "./fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import type { Answer } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const HOUR = 3600 * 1000;

describe.each(flowDatabases())("A share that cannot be taken as it is, on $name,", (database) => {
  let world: Federation<"alpha">;
  let peer: FakePeer;
  let alice: Person;

  beforeAll(async () => {
    world = await federation(database, { alpha: {} });
    peer = await world.fakePeer();
    alice = await world.servers.alpha.person({ displayName: "Alice" });
  });
  afterAll(() => world.close());

  const send = (json: object, from = peer): Promise<Answer> =>
    from.post(world.servers.alpha, { path: "/ocm/shares", json });
  const webdav = (more: object) => ({
    protocol: { name: "multi", webdav: { uri: "x", sharedSecret: "a-shared-secret", permissions: ["read"], ...more } },
  });
  const seconds = (ms: number) => Math.floor((world.clock.now() + ms) / 1000);

  /** Fields of the notice that are wrong, and what is said to that. */
  const refusals: [string, () => Record<string, unknown>, number, object][] = [
    ["of an unknown type of share", () => ({ shareType: "planet" }), 501, { code: "share-type-unsupported" }],
    ["for a group", () => ({ shareType: "group" }), 501, { code: "share-type-unsupported" }],
    [
      "of an unknown type of resource",
      () => ({ resourceType: "calendar" }),
      501,
      { code: "resource-type-unsupported" },
    ],
    [
      "over a protocol that is not known",
      () => ({ protocol: { name: "multi", teleport: { uri: "x" } } }),
      501,
      { code: "protocol-unsupported" },
    ],
    [
      "over ssh alone",
      () => ({ protocol: { name: "multi", ssh: { uri: "m@host.example:22/x" } } }),
      501,
      { code: "protocol-unsupported" },
    ],
    [
      "with a requirement that is not known (G-13)",
      () => webdav({ requirements: ["must-dance"] }),
      501,
      { code: "protocol-unsupported" },
    ],
    [
      "for somebody who is not here (G-12)",
      () => ({ shareWith: `nobody@${world.servers.alpha.host}` }),
      400,
      { code: "recipient-unknown", validationErrors: [{ name: "shareWith", message: "NOT_FOUND" }] },
    ],
    [
      "for somebody at another server",
      () => ({ shareWith: `${alice.id}@${peer.host}` }),
      400,
      { code: "recipient-unknown" },
    ],
    [
      "for a name in other letters (G-05)",
      () => ({ shareWith: alice.address.replace("alpha", "ALPHA") }),
      400,
      { code: "recipient-unknown" },
    ],
    [
      "whose owner is of another host (SIG-16)",
      () => ({ owner: "mallory@elsewhere.example" }),
      403,
      { code: "owner-host" },
    ],
    [
      "whose time has passed (G-43)",
      () => ({ expiration: seconds(-HOUR) }),
      400,
      { code: "invalid-fields", validationErrors: [{ name: "expiration" }] },
    ],
    [
      "whose time is in milliseconds (G-43)",
      () => ({ expiration: world.clock.now() + HOUR }),
      400,
      { code: "invalid-fields", validationErrors: [{ name: "expiration", message: "NOT_SECONDS" }] },
    ],
    [
      "whose uri leads out of its folder (G-37)",
      () => webdav({ uri: "../../other" }),
      400,
      { code: "invalid-fields", validationErrors: [{ name: "protocol.webdav.uri" }] },
    ],
    [
      "whose secret does not fit into a header",
      () => webdav({ sharedSecret: "line\nbreak" }),
      400,
      { code: "invalid-fields", validationErrors: [{ name: "protocol.webdav.sharedSecret" }] },
    ],
    [
      "without a secret (ACC-15)",
      () => ({ protocol: { name: "webdav", options: {} } }),
      400,
      { code: "invalid-fields", validationErrors: [{ name: "protocol.options.sharedSecret" }] },
    ],
  ];

  it.each(refusals)("%s is refused and not kept", async (_what, more, status, json) => {
    const before = (await alice.received()).length;
    const refused = await send(peer.notice(alice.address, more()));
    expect(refused).toMatchObject({ status, json });
    expect(refused.json.message).toEqual(expect.any(String));
    expect(await alice.received()).toHaveLength(before);
  });

  it("for somebody who may not receive any is refused as if there were nobody", async () => {
    const shy = await world.servers.alpha.person({ mayReceive: false });
    const nobody = await send(peer.notice(`nobody@${world.servers.alpha.host}`));
    const refused = await send(peer.notice(shy.address));
    expect({ ...refused.json, requestId: "" }).toEqual({ ...nobody.json, requestId: "" });
  });

  it("sent many times at once is kept once, and each time answered the same (G-11)", async () => {
    const bob = await world.servers.alpha.person({ displayName: "Bob" });
    const json = peer.notice(bob.address);
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(json)));
    for (const answer of answers) expect(answer).toMatchObject({ status: 201, json: { recipientDisplayName: "Bob" } });
    expect(await bob.received()).toHaveLength(1);
  });

  it("replayed to the byte is answered as before", async () => {
    const bob = await world.servers.alpha.person();
    const message = { path: "/ocm/shares", json: peer.notice(bob.address) };
    const [first, again] = [
      await peer.post(world.servers.alpha, message),
      await peer.post(world.servers.alpha, message),
    ];
    expect(again).toMatchObject({ status: first.status, json: first.json });
    expect(await bob.received()).toHaveLength(1);
  });

  it("with the providerId of another server's share is another share (G-08)", async () => {
    const bob = await world.servers.alpha.person();
    const other = await world.fakePeer();
    const providerId = "the-same-on-both";
    expect((await send(peer.notice(bob.address, { providerId }))).status).toBe(201);
    expect((await send(other.notice(bob.address, { providerId }), other)).status).toBe(201);
    const senders = (await bob.received()).map(({ sender }) => sender).sort();
    expect(senders).toEqual([`mallory@${other.host}`, `mallory@${peer.host}`].sort());
  });

  it.each([
    ["another name", { name: "Something else" }],
    ["another secret", { protocol: { name: "multi", webdav: { uri: "fake", sharedSecret: "another-secret" } } }],
    ["an expiration", { expiration: 4_000_000_000 }],
    ["another type", { resourceType: "folder" }],
  ])("with the same providerId and %s is refused, and the first one stays (G-11)", async (_what, more) => {
    const bob = await world.servers.alpha.person();
    const json = peer.notice(bob.address);
    expect((await send(json)).status).toBe(201);
    expect(await send({ ...json, ...more })).toMatchObject({ status: 400, json: { code: "share-conflict" } });
    expect(await bob.received()).toMatchObject([{ name: json.name, resourceType: "file", expiresAt: null }]);
  });

  it("with the same providerId for another person is refused (G-11)", async () => {
    const [bob, carol] = [await world.servers.alpha.person(), await world.servers.alpha.person()];
    const json = peer.notice(bob.address);
    expect((await send(json)).status).toBe(201);
    expect(await send({ ...json, shareWith: carol.address })).toMatchObject({
      status: 400,
      json: { code: "share-conflict" },
    });
    expect(await carol.received()).toEqual([]);
  });

  it("that has ended is not revived by sending it again", async () => {
    const bob = await world.servers.alpha.person();
    const json = peer.notice(bob.address);
    await send(json);
    const notice = { notificationType: "SHARE_UNSHARED", resourceType: "file", providerId: json.providerId };
    await peer.post(world.servers.alpha, { path: "/ocm/notifications", json: notice });
    expect((await send(json)).status).toBe(201);
    expect(await bob.received()).toMatchObject([{ status: "ended", endedBy: "owner" }]);
  });

  describe("because of its owner,", () => {
    it.each([
      ["of a file that is not there", () => ({ path: "/nothing.txt" }), 404, { code: "resource-missing" }],
      ["with a path that climbs", () => ({ path: "/../bob/file.txt" }), 400, { code: "invalid-fields" }],
      ["with somebody here", () => ({ shareWith: alice.address }), 400, { code: "recipient-unknown" }],
      ["with an address without a host", () => ({ shareWith: "mallory" }), 400, { code: "invalid-fields" }],
      ["with an end in the past", () => ({ expiresAt: "2020-01-01T00:00:00Z" }), 400, { code: "invalid-fields" }],
      ["without any permission", () => ({ permissions: [] }), 400, { code: "invalid-fields" }],
    ] as [string, () => object, number, object][])(
      "%s is refused before anybody is asked",
      async (_what, more, status, json) => {
        await alice.put("/file.txt", "content");
        const before = peer.received.length;
        const wanted = { path: "/file.txt", shareWith: `mallory@${peer.host}`, ...more() };
        expect(await alice.ask("POST", "/shares/sent", wanted)).toMatchObject({ status, json });
        expect(peer.received).toHaveLength(before);
      },
    );

    it("who may not share is refused", async () => {
      const bob = await world.servers.alpha.person({ mayShare: false });
      await bob.put("/file.txt", "content");
      const refused = await bob.ask("POST", "/shares/sent", { path: "/file.txt", shareWith: `mallory@${peer.host}` });
      expect(refused).toMatchObject({ status: 403, json: { code: "forbidden" } });
    });

    it("is another's for everybody else: not seen, not ended, not read", async () => {
      const { id } = await alice.share("/file.txt", `mallory@${peer.host}`);
      const eve = await world.servers.alpha.person();
      for (const [method, path] of [
        ["GET", `/shares/sent/${id}`],
        ["DELETE", `/shares/sent/${id}`],
      ] as const) {
        expect(await eve.ask(method, path)).toMatchObject({ status: 404, json: { code: "not-found" } });
      }
      await send(peer.notice(alice.address));
      const received = (await alice.received())[0]?.id ?? "";
      for (const [method, path] of [
        ["GET", `/shares/received/${received}`],
        ["POST", `/shares/received/${received}/accept`],
        ["POST", `/shares/received/${received}/decline`],
        ["DELETE", `/shares/received/${received}`],
        ["GET", `/shares/received/${received}/entries/`],
        ["GET", `/shares/received/${received}/content`],
      ] as const) {
        expect(await eve.ask(method, path)).toMatchObject({ status: 404, json: { code: "not-found" } });
      }
    });
  });
});
