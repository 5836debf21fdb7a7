import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signedPost } from "../../bench/generator/signed-post.ts";
import { notice } from "../../bench/paths/share-intake.ts";
import { createChildren } from "../../bench/process/children.ts";
import { ask, askRaw } from "../ask.ts";
import type { GeneratorCalls } from "../generator.ts";
import { signingAs } from "../players.ts";
import { GENERATOR } from "../programs.ts";
import { type Running, startServer } from "../server.ts";
import { fateOf, isSent, peerOf, peopleAmong, personOf, providerIdOf, secretOf } from "./facts.ts";
import { fill, NAME, openSite, type Site } from "./site.ts";

const SHARES = 1000;
const ALL = Array.from({ length: SHARES }, (_, index) => index);
const EVERY = 10;
const LONG = 120_000;

const children = createChildren();
let folder: string;
let site: Site;
let running: Running;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocm-stored-test-"));
  site = await openSite(folder, { children, progress: () => undefined });
  await fill(site, 0, SHARES / 2, () => undefined);
  await fill(site, SHARES / 2, SHARES, () => undefined);
  running = await startServer(children, NAME, folder, site.port);
}, LONG);
afterAll(async () => {
  children.kill();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Listed {
  id: string;
  status: string;
}

async function listed(which: "received" | "sent"): Promise<Listed[]> {
  const people = Array.from({ length: peopleAmong(SHARES) }, (_, person) => `user${person}`);
  const url = `${running.origin}/ocm/api/v1/shares/${which}?limit=1000`;
  const pages = await Promise.all(people.map((user) => ask(url, 200, { headers: { "x-user": user } })));
  return pages.flatMap((page) => JSON.parse(page).items);
}

/** How many of these shares have each fate. */
function fates(indexes: readonly number[]): Record<string, number> {
  return tally(indexes.map(fateOf));
}

function tally(words: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(words)].sort().map((word) => [word, words.filter((one) => one === word).length]),
  );
}

async function exchanged(index: number, status: number): Promise<string> {
  const signing = signingAs(site.stored.players, peerOf(index));
  const code = secretOf(site.stored.players.seed, index);
  const body = `grant_type=authorization_code&client_id=${encodeURIComponent(signing.host)}&code=${code}`;
  const url = `${running.origin}/ocm/token`;
  return askRaw(
    running.origin,
    await signedPost({ url, mediaType: "application/x-www-form-urlencoded", body, nonce: String(index) }, signing),
    status,
  );
}

describe("stored shares", { timeout: LONG }, () => {
  it("are listed by the API, to their people and in every state", async () => {
    const received = await listed("received");
    const { over: ended, ...live } = fates(ALL.filter((index) => !isSent(index)));
    expect(tally(received.map(({ status }) => status))).toEqual({ ...live, declined: ended });
    const sent = await listed("sent");
    const { over: revoked, ...open } = fates(ALL.filter(isSent));
    expect(tally(sent.map(({ status }) => status))).toEqual({ ...open, revoked });
  });

  it("can be opened by their receivers, however old they are, and only while they live", async () => {
    const some = ALL.filter(isSent).filter((_, place) => place % EVERY === 0);
    for (const index of some) {
      if (fateOf(index) === "over") {
        expect(await exchanged(index, 400)).toContain("invalid_grant");
        continue;
      }
      const { access_token: token } = JSON.parse(await exchanged(index, 200));
      const headers = { authorization: `Bearer ${token}`, depth: "0" };
      const url = `${running.origin}/ocm/dav/${providerIdOf(site.stored.players.seed, index)}`;
      expect(await ask(url, 207, { method: "PROPFIND", headers })).toContain("getetag");
    }
    expect(Object.keys(fates(some))).toEqual(["accepted", "over", "pending"]);
  });

  it("are recognised when their sender sends them again, and refused when they are others by now", async () => {
    const { players, host, receivedSecret } = site.stored;
    const index = ALL.findLast((one) => !isSent(one)) ?? 0;
    const signing = signingAs(players, peerOf(index));
    const again = notice(index, host, signing.host, personOf(index));
    again.providerId = again.protocol.webdav.uri = providerIdOf(players.seed, index);
    again.sender = again.owner = `sender${index % 1000}@${signing.host}`;
    again.protocol.webdav.sharedSecret = receivedSecret;
    const url = `${running.origin}/ocm/shares`;
    const post = async (share: object) =>
      signedPost({ url, mediaType: "application/json", body: JSON.stringify(share) }, signing);
    await askRaw(running.origin, await post(again), 201);
    const refused = await askRaw(running.origin, await post({ ...again, name: "Another.odt" }), 400);
    expect(refused).toContain("share-conflict");
  });

  it("can be ended by their owners, which tells the peer", async () => {
    const index = ALL.find((one) => isSent(one) && fateOf(one) === "pending") ?? 0;
    const url = `${running.origin}/ocm/api/v1/shares/sent/${providerIdOf(site.stored.players.seed, index)}`;
    const headers = { "x-user": `user${personOf(index)}` };
    await ask(url, 200, { method: "DELETE", headers });
    await expect
      .poll(async () => JSON.parse(await ask(url, 200, { headers })), { timeout: 10_000 })
      .toMatchObject({ status: "revoked", deliveries: [] });
  });

  it("are left when those that came later are taken away", async () => {
    const { players, host } = site.stored;
    const before = (await listed("received")).length;
    const signing = signingAs(players, 0);
    const body = JSON.stringify(notice(0, host, signing.host, 0));
    const url = `${running.origin}/ocm/shares`;
    await askRaw(running.origin, await signedPost({ url, mediaType: "application/json", body }, signing), 201);
    expect(await listed("received")).toHaveLength(before + 1);
    await site.filler.call("trim", { moreThan: 1 });
    expect(await listed("received")).toHaveLength(before + 1);
    await site.filler.call("trim", { moreThan: 0 });
    expect(await listed("received")).toHaveLength(before);
  });

  it("end a round of which one answer is wrong", async () => {
    const generator = children.start<GeneratorCalls>("the generator", GENERATOR);
    const { origin } = running;
    const players = { ...site.stored.players, seed: "another" };
    await generator.call("open", {
      load: "token",
      origin,
      expected: { status: 200 },
      source: { kind: "tokens", origin, players, stored: SHARES },
    });
    await generator.call("fill", { load: "token", count: 5 });
    const run = generator.call("run", { load: "token", seconds: 1, atMost: 5, connections: 1 });
    await expect(run).rejects.toThrow(/Answered with 40[01]: /);
  });
});
