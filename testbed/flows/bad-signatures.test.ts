import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer, Message } from "./fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import { fakeKey, type Tweaks } from "./message-signature.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const SECONDS = (clock: { now(): number }) => Math.floor(clock.now() / 1000);
const FOUR = ["@method", "@target-uri", "content-digest", "content-length"];

// Signatures are looked at before anything is stored, so one kind of database is enough.
describe.each(flowDatabases().slice(0, 1))("A signature, on $name,", (database) => {
  let world: Federation<"alpha" | "dated">;
  let alice: Person;
  let peer: FakePeer;
  let other: FakePeer;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, dated: { ocm: { trust: { strictDate: true } } } });
    alice = await world.servers.alpha.person();
    [peer, other] = [await world.fakePeer(), await world.fakePeer()];
  });
  afterAll(() => world.close());

  /** The three messages that are signed by the host that they speak for, and the token request. */
  const messages: [string, () => Message][] = [
    ["a share", () => ({ path: "/ocm/shares", json: peer.notice(alice.address) })],
    [
      "a notification",
      () => ({
        path: "/ocm/notifications",
        json: { notificationType: "SHARE_UNSHARED", providerId: "x", resourceType: "file" },
      }),
    ],
    [
      "an accepted invite",
      () => ({
        path: "/ocm/invite-accepted",
        json: {
          recipientProvider: peer.host,
          token: randomBytes(8).toString("hex"),
          userID: "m",
          email: "",
          name: "M",
        },
      }),
    ],
    [
      "a token request",
      () => ({
        path: "/ocm/token",
        form: { grant_type: "authorization_code", client_id: peer.host, code: randomBytes(8).toString("hex") },
      }),
    ],
  ];

  const wrongs: [string, string, (message: Message) => Message][] = [
    ["that is missing", "signature-missing", (message) => ({ ...message, sign: false })],
    [
      "that cannot be read",
      "signature-malformed",
      (message) => ({ ...message, headers: { "signature-input": 'ocm=("@method;' } }),
    ],
    [
      "whose bytes are missing",
      "signature-malformed",
      (message) => ({ ...message, headers: { signature: "other=:AA==:" } }),
    ],
    ...FOUR.map((left): [string, string, (message: Message) => Message] => [
      `that does not cover ${left} (SIG-04)`,
      "signature-components",
      tweaked({ components: [...FOUR, "date"].filter((name) => name !== left) }),
    ]),
    [
      "without keyid (D-23)",
      "signature-components",
      (message) => withInput(message, (input) => input.replace(/;keyid="[^"]+"/, "")),
    ],
    [
      "without created (SIG-03)",
      "signature-components",
      (message) => withInput(message, (input) => input.replace(/;created=\d+/, "")),
    ],
    [
      "that is too old (SIG-05)",
      "signature-stale",
      (message) => tweaked({ created: SECONDS(world.clock) - 310 })(message),
    ],
    [
      "made in the future (SIG-05)",
      "signature-future",
      (message) => tweaked({ created: SECONDS(world.clock) + 70 })(message),
    ],
    [
      "that has expired",
      "signature-stale",
      (message) => tweaked({ params: `expires=${SECONDS(world.clock) - 5}` })(message),
    ],
    [
      "over another body (SIG-06)",
      "signature-digest",
      tweaked({ digest: `sha-256=:${randomBytes(32).toString("base64")}:` }),
    ],
    ["with a symmetric algorithm (SIG-09)", "signature-algorithm", tweaked({ symmetric: true, alg: "hmac-sha256" })],
    ["whose alg is not that of its key (D-22)", "signature-algorithm", tweaked({ alg: "ecdsa-p256-sha256" })],
    [
      "by a key that nobody published (D-24)",
      "signature-key-unknown",
      (message) => tweaked({ key: fakeKey(`https://${peer.host}/ocm#secret`) })(message),
    ],
    [
      "by another key under the published name",
      "signature-invalid",
      (message) => tweaked({ key: fakeKey(peer.key.kid) })(message),
    ],
    ["that is not one at all", "signature-invalid", tweaked({ bytes: randomBytes(64) })],
    ["for another address", "signature-invalid", tweaked({ targetUri: "https://elsewhere.example/ocm/shares" })],
  ];

  function tweaked(tweaks: Tweaks): (message: Message) => Message {
    return (message) => ({ ...message, tweaks });
  }

  /** Changes the field after it was signed over, as an attacker would who leaves something out. */
  function withInput(message: Message, change: (input: string) => string): Message {
    return {
      ...message,
      amend: (headers) => ({ ...headers, "signature-input": change(headers["signature-input"] ?? "") }),
    };
  }

  describe.each(messages)("of %s", (name, message) => {
    it.each(wrongs)("%s is refused with %s", async (_what, code, change) => {
      const answer = await peer.post(world.servers.alpha, change(message()));
      if (name === "a token request") {
        expect(answer).toMatchObject({ status: 400, json: { error: "invalid_client", code } });
      } else {
        expect(answer).toMatchObject({ status: 401, json: { code } });
      }
    });

    it("beside another OCM signature is refused (SIG-11)", async () => {
      for (const label of ["ocm", "second"]) {
        const answer = await peer.post(world.servers.alpha, {
          ...message(),
          amend: (headers) => ({
            ...headers,
            "signature-input": `${headers["signature-input"]}, ${headers["signature-input"]?.replace(/^ocm/, label)}`,
            signature: `${headers.signature}, ${headers.signature?.replace(/^ocm/, label)}`,
          }),
        });
        expect(answer.json.code).toBe("signature-several");
      }
    });

    it("beside a signature of a proxy is read, and that one is not (SIG-13, SIG-14)", async () => {
      const answer = await peer.post(world.servers.alpha, {
        ...message(),
        amend: (headers) => ({
          ...headers,
          "signature-input": `proxy=("@method");created=1;keyid="x", ${headers["signature-input"]}`,
          signature: `proxy=:AAAA:, ${headers.signature}`,
        }),
      });
      expect(String(answer.json.code ?? "")).not.toMatch(/^signature-/);
    });

    it("for this server under another name says that it is the address (SIG-15)", async () => {
      const { origin, host } = world.servers.alpha;
      const { path } = message();
      const name = host.replace("localhost", "other.example");
      const answer = await peer.post(world.servers.alpha, {
        ...message(),
        tweaks: { targetUri: `http://${name}${path}` },
        headers: { host: name },
      });
      expect(answer.json.code).toBe("signature-target");
      expect(JSON.stringify(answer.json)).toContain(origin);
    });
  });

  it.each(["ecdsa-p256-sha256", "ecdsa-p384-sha384", "ed25519"] as const)(
    "with a key for %s is accepted",
    async (alg) => {
      const fake = await world.fakePeer();
      const key = fakeKey(`https://${fake.host}/ocm#second`, alg);
      fake.keys = [...fake.keys, key.jwk];
      const answer = await fake.post(world.servers.alpha, {
        path: "/ocm/shares",
        json: fake.notice(alice.address),
        tweaks: { key },
      });
      expect(answer.status).toBe(201);
    },
  );

  it("as draft -05 has it (label, no tag) and as later texts have it (tag, any label) is accepted (D-18)", async () => {
    for (const tweaks of [{ tag: null }, { label: "sig1" }, { alg: null }, { components: FOUR }] as Tweaks[]) {
      const answer = await peer.post(world.servers.alpha, {
        path: "/ocm/shares",
        json: peer.notice(alice.address),
        tweaks,
      });
      expect(answer.status).toBe(201);
    }
    const untagged = await peer.post(world.servers.alpha, {
      path: "/ocm/shares",
      json: peer.notice(alice.address),
      tweaks: { tag: null, label: "sig1" },
    });
    expect(untagged).toMatchObject({ status: 401, json: { code: "signature-missing" } });
  });

  it("without date is refused where the operator demands it (SIG-04)", async () => {
    const carol = await world.servers.dated.person();
    const send = (components: string[]) =>
      peer.post(world.servers.dated, { path: "/ocm/shares", json: peer.notice(carol.address), tweaks: { components } });
    expect(await send(FOUR)).toMatchObject({ status: 401, json: { code: "signature-components" } });
    expect((await send([...FOUR, "date"])).status).toBe(201);
  });

  it("of one host does not speak for the people of another (SIG-16, G-01)", async () => {
    const stolen = peer.notice(alice.address, { sender: `victim@${other.host}`, owner: `victim@${other.host}` });
    const refused = await peer.post(world.servers.alpha, { path: "/ocm/shares", json: stolen });
    expect(refused).toMatchObject({ status: 401, json: { code: "signature-host" } });
    const form = { grant_type: "authorization_code", client_id: other.host, code: "some-code" };
    const token = await peer.post(world.servers.alpha, { path: "/ocm/token", form });
    expect(token).toMatchObject({ status: 400, json: { error: "invalid_client", code: "signature-host" } });
    const anonymous = { key: { ...peer.key, kid: "key-1" } };
    const hidden = await peer.post(world.servers.alpha, { path: "/ocm/shares", json: stolen, tweaks: anonymous });
    expect(hidden).toMatchObject({ status: 401, json: { code: "signature-key-unknown" } });
    expect((await alice.received()).some(({ sender }) => sender.includes(other.host))).toBe(false);
  });

  it("whose host cannot be asked for its keys is refused, and counts again when it can", async () => {
    const fake = await world.fakePeer();
    const message = () => ({ path: "/ocm/shares", json: fake.notice(alice.address) });
    await fake.down();
    expect(await fake.post(world.servers.alpha, message())).toMatchObject({
      status: 401,
      json: { code: "signature-key-unavailable" },
    });
    await fake.up();
    world.clock.advance(30_000);
    expect((await fake.post(world.servers.alpha, message())).status).toBe(201);
  });

  it("with a key that is new since the last look is found by looking once more", async () => {
    const fake = await world.fakePeer();
    const send = (tweaks: Tweaks = {}) =>
      fake.post(world.servers.alpha, { path: "/ocm/shares", json: fake.notice(alice.address), tweaks });
    expect((await send()).status).toBe(201);
    const key = fakeKey(`https://${fake.host}/ocm#rotated`);
    fake.keys = [key.jwk];
    const looks = () => fake.received.filter(({ path }) => path === "/ocm/jwks.json").length;
    expect((await send({ key })).json.code).toBe("signature-key-unknown");
    expect(looks()).toBe(1);
    world.clock.advance(11_000);
    expect((await send({ key })).status).toBe(201);
    expect(looks()).toBe(2);
  });
});
