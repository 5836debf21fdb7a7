import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReceivedShareView, SentShareView } from "../../plugin/index.ts";
import { eventually } from "../scenarios/steps.ts";
import { ask, countOutbound, type SmallServer, smallServer } from "./small-server.test-helper.ts";

const PEERS = 50;
/** The other dead peers accept connections and never answer. */
const REFUSED = 10;
const SHARES_EACH = 2;
const SHARES = PEERS * SHARES_EACH;
const ROUNDS = 60;
const RECEIVED = "/shares/received";
const LIST = `${RECEIVED}?limit=${SHARES}`;

let folder: string;
let database: string;
let ours: SmallServer;
let healthy: SmallServer[];
let dead: SmallServer[];
let stopCounting: () => void;

beforeAll(async () => {
  stopCounting = countOutbound();
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-dead-"));
  database = `file:${join(folder, "ocm.sqlite")}`;
  ours = await smallServer(database);
  healthy = await Promise.all(Array.from({ length: PEERS }, () => smallServer()));
  dead = await Promise.all(Array.from({ length: PEERS }, () => smallServer()));
  await shareAll(healthy, "carol");
  await shareAll(dead, "bob");
  await Promise.all(dead.map((peer, at) => (at < REFUSED ? peer.becomeRefused() : peer.becomeBlackHole())));
  for (const user of ["bob", "carol"]) {
    for (const { id } of await received(user)) {
      const { status, body } = await ask(ours, user, "POST", `${RECEIVED}/${id}/accept`);
      expect([status, (body as ReceivedShareView).status]).toEqual([200, "accepted"]);
    }
  }
}, 90_000);

afterAll(async () => {
  stopCounting();
  await Promise.all([ours, ...healthy, ...dead].map((server) => server.close()));
  await rm(folder, { recursive: true, maxRetries: 3 });
}, 30_000);

/** Each peer shares with this person; resolves when all of it has arrived. */
async function shareAll(peers: SmallServer[], user: string): Promise<void> {
  const share = { path: "/file.txt", shareWith: ours.address(user) };
  for (const { ocm } of peers) {
    for (let made = 0; made < SHARES_EACH; made += 1) await ocm.api.sent.create("alice", share);
  }
  await eventually("all shares", async () => ((await received(user)).length === SHARES ? true : undefined), 30_000);
}

async function received(user: string): Promise<ReceivedShareView[]> {
  const { body } = await ask(ours, user, "GET", LIST);
  return (body as { items: ReceivedShareView[] }).items;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe(`${SHARES} accepted shares of ${PEERS} dead peers`, () => {
  it("wait to tell that they were accepted, where those of healthy peers have been told", async () => {
    await eventually("the healthy peers", async () =>
      (await received("carol")).every(({ deliveries }) => deliveries.length === 0) ? true : undefined,
    );
    expect((await received("bob")).every(({ deliveries }) => deliveries.length === 1)).toBe(true);
  });

  it("are listed without a request to anybody, as quickly as shares of healthy peers", async () => {
    const times: Record<string, number[]> = { bob: [], carol: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const user of round % 2 === 0 ? ["bob", "carol"] : ["carol", "bob"]) {
        const { status, ms, outbound } = await ask(ours, user, "GET", LIST);
        expect([status, outbound]).toEqual([200, 0]);
        times[user]?.push(ms);
      }
    }
    const [ofDead, ofHealthy] = [median(times.bob ?? []), median(times.carol ?? [])];
    console.info(`Listing ${SHARES} shares: dead peers ${ofDead.toFixed(2)} ms, healthy ${ofHealthy.toFixed(2)} ms.`);
    expect(ofDead).toBeLessThan(Math.max(ofHealthy * 1.1, ofHealthy + 2));
  });

  it("do not delay what healthy peers are told, first or again", async () => {
    const [peer, other] = healthy;
    if (peer === undefined || other === undefined) throw new Error("There are no healthy peers.");
    const share = (to: SmallServer) =>
      ask(ours, "dora", "POST", "/shares/sent", { path: "/file.txt", shareWith: to.address("erin") });
    const { status, body, ms } = await share(peer);
    expect([status, (body as SentShareView).status]).toEqual([201, "pending"]);
    expect(ms).toBeLessThan(2000);
    // The first attempt of this one fails, and it stands behind all that wait for dead peers.
    const listenAgain = await other.pauseListening();
    const late = (await share(other)).body as SentShareView;
    expect(late.status).toBe("announcing");
    await listenAgain();
    await eventually(
      "the second attempt",
      async () => {
        const { body: now } = await ask(ours, "dora", "GET", `/shares/sent/${late.id}`);
        return (now as SentShareView).status === "pending" ? true : undefined;
      },
      4000,
    );
  });

  it("do not keep anybody who shares with their servers waiting", async () => {
    for (const peer of [dead[0], dead.at(-1)]) {
      const shareWith = peer?.address("erin");
      const { status, body, ms } = await ask(ours, "dora", "POST", "/shares/sent", { path: "/file.txt", shareWith });
      expect([status, (body as SentShareView).status]).toEqual([202, "announcing"]);
      expect(ms).toBeLessThan(2500);
    }
  });

  it("are left at once, and for good", { timeout: 60_000 }, async () => {
    const shares = await received("bob");
    for (const { id } of shares) {
      const { status, body, ms } = await ask(ours, "bob", "DELETE", `${RECEIVED}/${id}`);
      expect([status, (body as ReceivedShareView).status]).toEqual([200, "ended"]);
      expect(ms).toBeLessThan(250);
    }
    await ours.close();
    ours = await smallServer(database, { origin: ours.origin });
    expect((await received("bob")).map(({ status, endedBy }) => `${status} by ${endedBy}`)).toEqual(
      Array(SHARES).fill("ended by person"),
    );
  });
});

describe("A dead peer that has to be told of many ends", () => {
  it("does not keep others from being told after a start", { timeout: 60_000 }, async () => {
    const file = `file:${join(folder, "ends.sqlite")}`;
    const [dying, living] = await Promise.all([smallServer(), smallServer()]);
    let sender = await smallServer(file);
    const { origin } = sender;
    const share = async (peer: SmallServer) =>
      (await sender.ocm.api.sent.create("dora", { path: "/file.txt", shareWith: peer.address("erin") })).id;
    const ids: string[] = [];
    for (let made = 0; made < SHARES - 1; made += 1) ids.push(await share(dying));
    ids.push(await share(living));
    await sender.close();

    // Ended by a process that delivers nothing; the one for the living peer comes last.
    sender = await smallServer(file, { origin, worker: false });
    for (const id of ids) await sender.ocm.api.sent.unshare("dora", id);
    await sender.close();
    await dying.becomeBlackHole();
    sender = await smallServer(file, { origin });
    await eventually(
      "the living peer",
      async () =>
        (await sender.ocm.api.sent.get("dora", ids.at(-1) ?? "")).deliveries.length === 0 ? true : undefined,
      2000,
    );
    await Promise.all([sender, dying, living].map((server) => server.close()));
  });
});
