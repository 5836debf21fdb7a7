import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OcmOptions } from "../../plugin/index.ts";
import { signingKey, signJws } from "../../plugin/signing/jws.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import { basicHeader } from "./host.test-helper.ts";
import { type Answer, exchange } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const WINDOW = 61_000;
const STRANGERS = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true, known: false } };
const LAB = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } };

describe.each(flowDatabases().slice(0, 1))("The page of an invite link on $name", (database) => {
  let world: Federation<"alpha" | "beta">;
  let alice: Person;
  let link: string;
  let token: string;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, beta: {} });
    alice = await world.servers.alpha.person({ displayName: "Alice Secret" });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    // Nobody is to be told to wait for what an earlier test did.
    world.clock.advance(WINDOW);
    const made = await alice.invite();
    token = made.token;
    link = made.link ?? "";
  });

  const open = (url = link) => exchange({ method: "GET", url });
  function choose(server: string, more: { token?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
    return exchange({
      method: "POST",
      url: `${world.servers.alpha.origin}/ocm/wayf`,
      headers: { "content-type": "application/x-www-form-urlencoded", ...more.headers },
      body: new URLSearchParams({ token: more.token ?? token, server }).toString(),
    });
  }

  it("is where the link of an invite leads, which only its maker is shown, once (INV-38, INV-40)", async () => {
    expect(link).toBe(`${world.servers.alpha.origin}/ocm/wayf?token=${token}`);
    expect(JSON.stringify(await alice.invites())).not.toContain(token);
    const { json } = await exchange({ method: "GET", url: `${world.servers.alpha.origin}/.well-known/ocm` });
    expect(json.capabilities).toContain("invite-wayf");
  });

  it("asks people without an account, and names the server but not who invites", async () => {
    const { status, text, headers } = await open();
    expect(status).toBe(200);
    expect(text).toContain("<h1>Where are you from?</h1>");
    expect(text).toContain(`<bdi>${world.servers.alpha.host}</bdi>`);
    expect(text).not.toContain("Alice");
    expect(headers).toMatchObject({
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      "x-robots-tag": "noindex",
      "content-security-policy": expect.stringMatching(/default-src 'none'.*form-action 'self' https: http:;/),
    });
    expect(headers["set-cookie"]).toBeUndefined();
  });

  it.each([
    ["the name of the server", ({ host }: { host: string }) => host],
    ["an OCM Address there", ({ host }) => ` @bob@work@${host} `],
    ["the address of a page there", ({ origin }) => `${origin}/index.php/apps/files?dir=/#top`],
    ["a name in capitals", ({ host }) => host.toUpperCase()],
  ] as [string, (server: { host: string; origin: string }) => string][])(
    "leads to the page for invites of the server that is meant by %s (DISC-48)",
    async (_, text) => {
      const { beta, alpha } = world.servers;
      const { status, headers } = await choose(text(beta));
      const query = new URLSearchParams({ token, providerDomain: alpha.host });
      expect(status).toBe(303);
      expect(headers.location).toBe(`${beta.origin}/ocm/invite/accept?${query}`);
      expect(headers).toMatchObject({ "referrer-policy": "no-referrer", "cache-control": "no-store" });
    },
  );

  it("makes two people contacts who follow it to the end", async () => {
    const bob = await world.servers.beta.person();
    const { headers } = await choose(bob.address);
    const dialog = new URL(headers.location ?? "");
    const session = { authorization: basicHeader(bob.account) };
    const asked = await exchange({ method: "GET", url: dialog.href, headers: session });
    expect(asked).toMatchObject({ status: 200, text: expect.stringContaining("Accept this invite?") });
    const done = await exchange({
      method: "POST",
      url: `${dialog.origin}${dialog.pathname}`,
      headers: { ...session, "content-type": "application/x-www-form-urlencoded" },
      body: dialog.searchParams.toString(),
    });
    expect(done).toMatchObject({ status: 200, text: expect.stringContaining("You are connected") });
    expect(await bob.contacts()).toMatchObject([{ address: alice.address, status: "active" }]);
    expect(await alice.contacts()).toContainEqual(expect.objectContaining({ address: bob.address, status: "active" }));
  });

  it("can be pasted as it is where an invite is accepted", async () => {
    const bob = await world.servers.beta.person();
    expect(await bob.acceptInvite(link)).toMatchObject({ status: "active", address: alice.address });
  });

  it("says the same of a token that is unknown, withdrawn or used as of a good one", async () => {
    const bob = await world.servers.beta.person();
    const shown = async (made: { token: string; link: string | null }) => {
      const page = await open(made.link ?? "");
      const led = await choose(world.servers.beta.host, { token: made.token });
      const inviteString = Buffer.from(`${made.token}@${world.servers.alpha.host}`).toString("base64url");
      const mask = (text: string) => text.replaceAll(made.token, "TOKEN").replaceAll(inviteString, "INVITE");
      return [page.status, mask(page.text), led.status, mask(led.headers.location ?? "")];
    };
    const good = await shown(await alice.invite());
    const withdrawn = await alice.invite();
    await alice.ask("DELETE", `/invites/${withdrawn.id}`);
    const used = await alice.invite();
    await bob.acceptInvite(used.invite);
    const unknown = "u".repeat(token.length);
    expect(await shown(withdrawn)).toEqual(good);
    expect(await shown(used)).toEqual(good);
    expect(await shown({ token: unknown, link: link.replace(token, unknown) })).toEqual(good);
    expect(good).toMatchObject([200, expect.stringContaining("TOKEN"), 303, expect.stringContaining("TOKEN")]);
  });

  it.each([
    ["without a token", ""],
    ["with a token that was cut", "?token=abc"],
    [
      "with a token that no server of ours makes",
      `?token=${encodeURIComponent('"><script>alert(1)</script>xxxxxxxxx')}`,
    ],
  ])("says so when the link comes %s, and offers no form", async (_, query) => {
    const { status, text } = await open(`${world.servers.alpha.origin}/ocm/wayf${query}`);
    expect(status).toBe(400);
    expect(text).toContain("<h1>This link cannot be used</h1>");
    expect(text).not.toMatch(/<form|<script/);
  });

  it("shows the invite for accepting it by hand where the other server has no page for invites", async () => {
    const peer = await world.fakePeer("without-page");
    const { status, text } = await choose(peer.host);
    expect(status).toBe(200);
    expect(text).toContain("<h1>Accept the invite by hand</h1>");
    expect(text).toContain(Buffer.from(`${token}@${world.servers.alpha.host}`).toString("base64url"));
  });

  it("adds nobody to the registry of peers", async () => {
    const { alpha } = world.servers;
    await alpha.restart({ ocm: { peers: STRANGERS } });
    const peer = await world.fakePeer("curious", { inviteAcceptDialog: "/accept" });
    expect((await choose(peer.host)).headers.location).toMatch(new RegExp(`^${peer.origin}/accept\\?`));
    // What is learnt of peers is written by the end at the latest.
    await alpha.restart({});
    const { items } = await alpha.ocm().operator.peers({ limit: 1000 });
    expect(items.map(({ host }) => host)).not.toContain(peer.host);
  });

  it.each([
    ["a dialog with a query of its own", "/index.php?page=ocm#", "/index.php?page=ocm&"],
    ["an absolute dialog on that server", "ORIGIN/accept", "/accept?"],
  ])("leads to %s (G-59)", async (_, dialog, start) => {
    const peer = await world.fakePeer();
    peer.discovery.inviteAcceptDialog = dialog.replace("ORIGIN", peer.origin).replace("#", "");
    const query = new URLSearchParams({ token, providerDomain: world.servers.alpha.host });
    expect((await choose(peer.host)).headers.location).toBe(`${peer.origin}${start}${query}`);
  });

  it("refuses what names no server, or this one, with the form again", async () => {
    for (const [text, status, sentence] of [
      ["", 400, "You have named no server."],
      ["not a server", 400, "This is not the name of a server."],
      ["javascript:alert(1)", 400, "This is not the name of a server."],
      [world.servers.alpha.host, 400, "This invite was made on this server."],
      [`bob@${world.servers.alpha.host}`, 400, "This invite was made on this server."],
    ] as const) {
      const answer = await choose(text);
      expect(answer).toMatchObject({ status, text: expect.stringContaining(sentence) });
      expect(answer.text).toContain(`<input type="hidden" name="token" value="${token}">`);
    }
  });

  it("says that a server is switched off", async () => {
    const peer = await world.fakePeer("off", { enabled: false, inviteAcceptDialog: "/accept" });
    expect(await choose(peer.host)).toMatchObject({ status: 502, text: expect.stringContaining("switched off") });
  });

  it("is not there without pages, nor where it is switched off; then invites have no link", async () => {
    for (const ocm of [{ pages: false }, { wayf: false }] satisfies Partial<OcmOptions>[]) {
      await world.servers.beta.restart({ ocm });
      const { origin } = world.servers.beta;
      expect((await exchange({ method: "GET", url: `${origin}/ocm/wayf?token=${token}` })).status).toBe(404);
      const { json } = await exchange({ method: "GET", url: `${origin}/.well-known/ocm` });
      expect(json.capabilities).not.toContain("invite-wayf");
      expect(await (await world.servers.beta.person()).invite()).toMatchObject({ link: null });
    }
    await world.servers.beta.restart({});
  });

  it("offers servers by name, in capitals or not, and no others where the operator wants that (INV-17, PROV-06)", async () => {
    const { alpha, beta } = world.servers;
    const wayf = { servers: { [beta.host]: "Université B", "denied.example": "Denied" }, anyServer: false };
    await alpha.restart({ ocm: { wayf, trust: { deny: ["denied.example"] }, peers: LAB } });
    const { text } = await open();
    expect(text).toContain(`<option value="${beta.host}">Université B (${beta.host})</option>`);
    expect(text).not.toMatch(/denied\.example|id="typed"/);
    expect((await choose("UNIVERSITÉ B")).status).toBe(303);
    expect((await choose("other.example")).status).toBe(403);
    expect((await choose("denied.example")).status).toBe(403);
    await alpha.restart({});
  });

  it("offers what signed directories list, and leads there; an unsigned one offers nothing (INV-18, INV-19, INV-20)", async () => {
    const { alpha, beta } = world.servers;
    const key = signingKey("ES256");
    const document = (federation: string, url: string, displayName: string) => ({
      federation,
      servers: [{ url, displayName }],
    });
    const service = await world.fakePeer("directory");
    const served: Record<string, string> = {
      "/mesh": signJws(document("The Mesh", beta.origin, "<b>Beta</b>"), key),
      "/other": signJws(document("Others", "https://other.example", "Other"), key, { form: "compact" }),
      "/unsigned": JSON.stringify(document("Nobody", "https://unsigned.example", "Unsigned")),
    };
    service.script = ({ path }) => ({ body: served[path] ?? "" });
    const directories = Object.keys(served).map((path) => ({ url: service.origin + path, keys: [key.pem] }));
    await alpha.restart({ ocm: { wayf: { directories }, peers: LAB } });
    const { text } = await eventually("the directories", async () => {
      const page = await open();
      return page.text.includes("The Mesh") && page.text.includes("Others") ? page : undefined;
    });
    expect(text).toContain(
      `<optgroup label="The Mesh"><option value="${beta.host}">&lt;b&gt;Beta&lt;/b&gt; (${beta.host})</option>`,
    );
    expect(text).toContain('<option value="other.example">Other (other.example)</option>');
    await eventually(
      "the refusal",
      async () => alpha.told.some((line) => line.includes("It is not signed")) || undefined,
    );
    expect((await open()).text).not.toMatch(/unsigned\.example|Nobody/);
    expect((await choose(beta.host)).status).toBe(303);
    await alpha.restart({});
  });

  it("says nothing about a peer that is denied but that", async () => {
    const { alpha, beta } = world.servers;
    await alpha.restart({ ocm: { trust: { deny: ["localhost:*"] } } });
    const { status, text } = await choose(beta.host);
    expect(status).toBe(403);
    expect(text).toContain(`does not federate with ${beta.host}.`);
    expect(text).not.toContain("localhost:*");
    await alpha.restart({});
  });

  it("keeps the token from logs and events, also of a refusal", async () => {
    await choose("nobody.invalid");
    await open();
    await eventually(
      "the log",
      async () => world.servers.alpha.told.some((line) => line.includes("/wayf")) || undefined,
    );
    expect(world.servers.alpha.told.join("\n")).not.toContain(token);
  });
});
