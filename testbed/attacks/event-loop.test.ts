import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer } from "../flows/fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import { exchange } from "../flows/http.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";

const KIB = 1024;
/** Milliseconds: far less than each of these took before it was linear, far more than a busy machine needs for it now. */
const QUICKLY = 1500;
const SLASHES = `a${"/".repeat(120 * KIB)}x`;

async function timeOf(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

describe.each(flowDatabases().slice(0, 1))("Nobody stops the event loop", (database) => {
  let world: Federation<"alpha">;
  let alice: Person;

  beforeAll(async () => {
    world = await federation(database, { alpha: {} });
    alice = await world.servers.alpha.person();
  });
  afterAll(() => world.close());

  const send = (peer: FakePeer) =>
    peer.post(world.servers.alpha, { path: "/ocm/shares", json: peer.notice(alice.address) });

  it("with slashes in the address of an API", async () => {
    const peer = await world.fakePeer();
    peer.discovery.endPoint = `${peer.origin}/${SLASHES}`;
    expect(await timeOf(() => send(peer))).toBeLessThan(QUICKLY);
  });

  it("with slashes in the name of a capability", async () => {
    const peer = await world.fakePeer();
    Object.assign(peer.discovery, { capabilities: ["http-sig", SLASHES] });
    expect(await timeOf(() => send(peer))).toBeLessThan(QUICKLY);
  });

  it("with thousands of namespaces for thousands of properties", async () => {
    const peer = await world.fakePeer();
    await alice.put("/file.txt", "content");
    const { id } = await alice.share("/file.txt", `mallory@${peer.host}`);
    const form = { grant_type: "authorization_code", client_id: peer.host, code: peer.lastSecret() };
    const { json } = await peer.post(world.servers.alpha, { path: "/ocm/token", form });
    const namespaces = Array.from({ length: 2000 }, (_, at) => `xmlns:n${at.toString(36)}="x"`).join(" ");
    const body = `<propfind xmlns="DAV:" ${namespaces}><prop>${"<a/>".repeat(7000)}</prop></propfind>`;
    const url = `${world.servers.alpha.origin}/ocm/dav/${id}`;
    const headers = { authorization: `Bearer ${json.access_token}`, depth: "0" };
    const ask = () => exchange({ method: "PROPFIND", url, headers, body });
    expect((await ask()).status).toBe(207);
    expect(await timeOf(() => Promise.all([ask(), ask(), ask()]))).toBeLessThan(QUICKLY);
  });
});

describe.each(flowDatabases().slice(0, 1))("A PROPFIND", (database) => {
  it("does not make a short question a long answer for each file: long names are refused", async () => {
    const world = await federation(database, { alpha: {} });
    const alice = await world.servers.alpha.person();
    const peer = await world.fakePeer();
    await alice.put("/file.txt", "content");
    const { id } = await alice.share("/file.txt", `mallory@${peer.host}`);
    const form = { grant_type: "authorization_code", client_id: peer.host, code: peer.lastSecret() };
    const { json } = await peer.post(world.servers.alpha, { path: "/ocm/token", form });
    const names = Array.from({ length: 250 }, (_, at) => `<n:p${at}/>`).join("");
    const body = `<propfind xmlns="DAV:" xmlns:n="urn:${"x".repeat(40 * KIB)}"><prop>${names}</prop></propfind>`;
    const url = `${world.servers.alpha.origin}/ocm/dav/${id}`;
    const answer = await exchange({
      method: "PROPFIND",
      url,
      headers: { authorization: `Bearer ${json.access_token}`, depth: "0" },
      body,
    });
    expect([answer.status, answer.text.length < 2 * KIB]).toEqual([400, true]);
    await world.close();
  });
});
