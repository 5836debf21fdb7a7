import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { befriend, type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import { basicHeader } from "./host.test-helper.ts";
import { exchange } from "./http.test-helper.ts";
import type { Contact, Person } from "./person.test-helper.ts";

const DAY = 24 * 3600 * 1000;

describe.each(flowDatabases())("Invites on $name", (database) => {
  let world: Federation<"alpha" | "beta" | "gamma">;
  /** The next answer of alpha to an acceptance gets lost on its way. */
  let loseAnswer = false;

  beforeAll(async () => {
    world = await federation(database, {
      alpha: {
        async before(context, next) {
          await next();
          if (!loseAnswer || context.path !== "/ocm/invite-accepted") return;
          loseAnswer = false;
          context.respond = false;
          context.req.socket.destroy();
        },
      },
      beta: {},
      gamma: {},
    });
  });
  afterAll(() => world.close());

  async function people(): Promise<[Person, Person]> {
    return [await world.servers.alpha.person(), await world.servers.beta.person()];
  }

  function settled(guest: Person, contact: Contact): Promise<Contact> {
    return eventually("the verdict", async () =>
      (await guest.contacts()).find(({ id, status }) => id === contact.id && status !== "accepting"),
    );
  }

  it("are base64url of token@host, and their acceptance makes both people contacts (INV-34, D-05)", async () => {
    const alice = await world.servers.alpha.person({ displayName: "Alice", email: "alice@example.org" });
    const bob = await world.servers.beta.person({ displayName: "Bob", email: "bob@example.com" });
    const { id, invite, token } = await alice.invite({ note: "for Bob" });
    expect(Buffer.from(invite, "base64url").toString()).toBe(`${token}@${world.servers.alpha.host}`);
    expect(await bob.acceptInvite(invite)).toMatchObject({
      status: "active",
      address: alice.address,
      name: "Alice",
      email: "alice@example.org",
    });
    expect(await alice.contacts()).toMatchObject([
      { status: "active", address: bob.address, name: "Bob", email: "bob@example.com" },
    ]);
    expect(await alice.invites()).toMatchObject([{ id, status: "accepted", acceptedBy: { address: bob.address } }]);
  });

  it.each([
    [
      "padded base64",
      ({ token }: { token: string }, host: string) => Buffer.from(`${token}@${host}`).toString("base64"),
    ],
    [
      "a link of the inviting server",
      ({ token }, host) => `http://${host}/ocm/wayf?token=${encodeURIComponent(token)}`,
    ],
    [
      "a link to an accept dialog",
      ({ token }, host) => `https://any.example/invite?token=${token}&providerDomain=${host}`,
    ],
    ["token and provider", ({ token }, host) => ({ token, provider: host })],
  ] as [string, (made: { token: string }, host: string) => string | { token: string; provider: string }][])(
    "are accepted as %s (INV-37, INV-38, G-61)",
    async (_form, form) => {
      const [alice, bob] = await people();
      const contact = await bob.acceptInvite(form(await alice.invite(), world.servers.alpha.host));
      expect(contact).toMatchObject({ status: "active", address: alice.address });
    },
  );

  it("are accepted on the page that discovery names (DISC-46)", async () => {
    const [alice, bob] = await people();
    const { token } = await alice.invite();
    const { origin } = world.servers.beta;
    const { inviteAcceptDialog } = (await exchange({ method: "GET", url: `${origin}/.well-known/ocm` })).json;
    const fields = new URLSearchParams({ token, providerDomain: world.servers.alpha.host });
    const headers = { authorization: basicHeader(bob.account) };
    const page = await exchange({ method: "GET", url: `${origin}${inviteAcceptDialog}?${fields}`, headers });
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining(world.servers.alpha.host) });
    expect(await bob.contacts()).toEqual([]);
    const done = await exchange({
      method: "POST",
      url: `${origin}${inviteAcceptDialog}`,
      headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
      body: fields.toString(),
    });
    expect(done.status).toBe(200);
    expect(await bob.contacts()).toMatchObject([{ status: "active", address: alice.address }]);
  });

  it("accepted twice by the same person change nothing, and make no second contact", async () => {
    const [alice, bob] = await people();
    const { invite } = await alice.invite();
    const first = await bob.acceptInvite(invite);
    const second = await bob.acceptInvite(invite);
    expect(second.id).toBe(first.id);
    expect(await bob.contacts()).toHaveLength(1);
    expect(await alice.contacts()).toHaveLength(1);
  });

  it("repeated on the wire are answered with 409 and who invited; others get no identity (INV-28, G-18)", async () => {
    const { alpha } = world.servers;
    const alice = await alpha.person({ displayName: "Alice", email: "alice@example.org" });
    const peer = await world.fakePeer();
    const { token } = await alice.invite();
    const acceptance = { recipientProvider: peer.host, token, userID: "mallory", email: "", name: "Mallory" };
    const accept = (json: object) => peer.post(alpha, { path: "/ocm/invite-accepted", json });
    const identity = { userID: alice.id, email: "alice@example.org", name: "Alice" };
    expect(await accept(acceptance)).toMatchObject({ status: 200, json: identity });
    expect(await accept(acceptance)).toMatchObject({ status: 409, json: { ...identity, code: "invite-used" } });
    const other = await accept({ ...acceptance, userID: "trudy" });
    expect(other).toMatchObject({ status: 409, json: { code: "invite-used" } });
    expect(other.json).not.toHaveProperty("userID");
    expect(await alice.contacts()).toMatchObject([{ address: `mallory@${peer.host}` }]);
  });

  it("whose answer was lost are settled by asking again (G-18)", async () => {
    const [alice, bob] = await people();
    const { invite } = await alice.invite();
    loseAnswer = true;
    const contact = await bob.acceptInvite(invite);
    expect(contact.status).toBe("accepting");
    expect(await alice.contacts()).toMatchObject([{ address: bob.address }]);
    world.clock.advance(3000);
    expect(await settled(bob, contact)).toMatchObject({ status: "active", address: alice.address });
    expect(await alice.contacts()).toHaveLength(1);
  });

  it("are void once they are withdrawn", async () => {
    const [alice, bob] = await people();
    const { id, invite } = await alice.invite();
    expect(await alice.ask("DELETE", `/invites/${id}`)).toMatchObject({ status: 200, json: { status: "revoked" } });
    expect(await bob.acceptInvite(invite)).toMatchObject({
      status: "failed",
      reason: { code: "peer-refused", status: 400 },
    });
    expect(await alice.contacts()).toEqual([]);
  });

  it("are void after their time (G-19)", async () => {
    const [alice, bob] = await people();
    const { invite } = await alice.invite({ expiresInDays: 1 });
    world.clock.advance(DAY + 1000);
    expect(await bob.acceptInvite(invite)).toMatchObject({ status: "failed", reason: { status: 400 } });
    await eventually(
      "the end of the invite",
      async () => (await alice.invites())[0]?.status === "expired" || undefined,
    );
  });

  it("with an altered token are unknown (INV-26)", async () => {
    const [alice, bob] = await people();
    const { token } = await alice.invite();
    const altered = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
    const contact = await bob.acceptInvite({ token: altered, provider: world.servers.alpha.host });
    expect(contact).toMatchObject({ status: "failed", reason: { status: 400 } });
  });

  it("of this server itself cannot be accepted on it", async () => {
    const [alice] = await people();
    const { invite } = await alice.invite();
    const neighbour = await world.servers.alpha.person();
    const refused = await neighbour.ask("POST", "/contacts", { invite });
    expect(refused).toMatchObject({ status: 400, json: { code: "invite-own" } });
  });

  it("that were accepted cannot be withdrawn", async () => {
    const [alice, bob] = await people();
    await befriend(alice, bob);
    const [invite] = await alice.invites();
    expect(await alice.ask("DELETE", `/invites/${invite?.id}`)).toMatchObject({
      status: 409,
      json: { code: "conflict" },
    });
  });

  it("between people who know each other leave one contact on each side", async () => {
    const [alice, bob] = await people();
    await befriend(alice, bob);
    await befriend(bob, alice);
    const active = async (one: Person) => (await one.contacts()).filter(({ status }) => status === "active");
    await eventually("one contact each", async () =>
      (await active(alice)).length === 1 && (await active(bob)).length === 1 ? true : undefined,
    );
  });

  it("are refused with 403 for a server that the inviting one does not federate with (INV-27)", async () => {
    const { beta, gamma } = world.servers;
    await gamma.restart({ ocm: { trust: { deny: [beta.host] } } });
    const [carol, bob] = [await gamma.person(), await beta.person()];
    const { invite } = await carol.invite();
    expect(await bob.acceptInvite(invite)).toMatchObject({ status: "failed", reason: { status: 403 } });
    const { invite: back } = await bob.invite();
    expect(await carol.ask("POST", "/contacts", { invite: back })).toMatchObject({
      status: 403,
      json: { code: "peer-not-allowed" },
    });
  });

  it("whose server does not say who invited come to nothing, and may be tried again", async () => {
    const bob = await world.servers.beta.person();
    const peer = await world.fakePeer();
    peer.script = ({ path }) => (path === "/ocm/invite-accepted" ? { body: { hello: "world" } } : undefined);
    const invite = { token: "0123456789abcdef", provider: peer.host };
    expect(await bob.acceptInvite(invite)).toMatchObject({ status: "failed", reason: { code: "peer-bad-answer" } });
    peer.script = () => undefined;
    expect(await bob.acceptInvite(invite)).toMatchObject({ status: "active", address: `mallory@${peer.host}` });
    expect(await bob.contacts()).toHaveLength(1);
  });

  it.each([200, 409])(
    "are asked about again when the answer %i, which tells who invited, was cut off",
    async (status) => {
      const bob = await world.servers.beta.person();
      const peer = await world.fakePeer();
      peer.script = ({ path }) => (path === "/ocm/invite-accepted" ? { status, body: '{"userID":"mall' } : undefined);
      const contact = await bob.acceptInvite({ token: "0123456789abcdef", provider: peer.host });
      expect(contact).toMatchObject({ status: "accepting" });
      const again = { status: 409, body: { userID: "mallory", email: "", name: "Mallory" } };
      peer.script = ({ path }) => (path === "/ocm/invite-accepted" ? again : undefined);
      world.clock.advance(3000);
      await eventually("the contact", async () => (await bob.contacts())[0]?.status === "active" || undefined);
    },
  );

  it("are refused with 401 when the acceptance is signed by another host (INV-29)", async () => {
    const { alpha } = world.servers;
    const alice = await alpha.person();
    const [peer, other] = [await world.fakePeer(), await world.fakePeer()];
    const { token } = await alice.invite();
    const json = { recipientProvider: other.host, token, userID: "mallory", email: "", name: "Mallory" };
    const refused = await peer.post(alpha, { path: "/ocm/invite-accepted", json });
    expect(refused).toMatchObject({ status: 401, json: { code: "signature-host" } });
    expect(await alice.contacts()).toEqual([]);
    expect(await alice.invites()).toMatchObject([{ status: "open" }]);
  });
});
