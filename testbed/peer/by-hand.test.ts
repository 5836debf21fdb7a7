import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { benchFor, results } from "./bench.test-helper.ts";
import type { Bench } from "./bench.ts";
import { type PeerServer, startPeerServer } from "./front.test-helper.ts";

const LONG = { timeout: 120_000 };

let peer: PeerServer;
let bench: Bench;
let told: string[];

beforeAll(async () => {
  peer = await startPeerServer();
  ({ bench, told } = await benchFor("--peer", peer.origin, "--insecure-http", "--wait", "20"));
  await peer.role.putFile("/notes.txt", Readable.from(["Some notes.\n".repeat(100)]));
}, 150_000);

afterEach(async () => {
  peer.defect = {};
  bench.invite = null;
  bench.waitMs = 20_000;
  told.length = 0;
  for (const { id } of [...(await peer.role.contacts())]) await peer.role.removeContact(id);
  for (const { id } of [...(await bench.reference.role.contacts())]) await bench.reference.role.removeContact(id);
});

afterAll(async () => {
  await bench?.reference.close();
  await peer?.close();
});

const lastTold = (word: string) =>
  eventually("the line for the person", async () => told.find((line) => line.includes(word)), 60_000);
const shareWithUs = () => peer.role.share("/notes.txt", bench.reference.account.address, ["read"]);

describe("an invite", () => {
  it("that was made at the peer is accepted by our person", LONG, async () => {
    ({ invite: bench.invite } = await peer.role.createInvite("for the test"));
    const [result] = await results(bench, "accept-invite");
    expect(result).toMatchObject({ status: "pass", problems: [] });
    expect(result?.found).toContain("bob");
    expect((await peer.role.contacts()).map(({ address }) => address)).toEqual([bench.reference.account.address]);
  });

  it.each([
    ["no name", { status: 200, body: { userID: "bob", email: "" } }],
    ["400", { status: 400, body: { message: "No." } }],
  ])("whose acceptance is answered with %s is a failure", LONG, async (_what, answer) => {
    ({ invite: bench.invite } = await peer.role.createInvite("for the test"));
    peer.defect = { answer: ({ path }) => (path === "/ocm/invite-accepted" ? answer : undefined) };
    const [result] = await results(bench, "accept-invite");
    expect(result?.status).toBe("fail");
  });

  it("that cannot be read is a failure in one sentence", LONG, async () => {
    bench.invite = "no invite";
    const [result] = await results(bench, "accept-invite");
    expect(result).toMatchObject({ status: "fail" });
  });

  it("of ours is accepted at the peer while the check waits", LONG, async () => {
    const running = results(bench, "their-acceptance");
    const line = await lastTold("Accept this invite");
    expect(line).toContain(
      "there within 20 seconds (at a koa-ocm server on its page, or by POST /ocm/api/v1/contacts): ",
    );
    await peer.role.acceptInvite(line.split(" ").at(-1) ?? "");
    const [result] = await running;
    expect(result).toMatchObject({ status: "pass" });
    expect(result?.found).toContain(peer.role.address);
  });

  it("that nobody accepts is skipped, and a failure where the check was asked for", LONG, async () => {
    bench.waitMs = 300;
    const [skipped] = await results(bench, "their-acceptance");
    expect(skipped).toMatchObject({ status: "skipped", found: "Nobody accepted it within 0.3 seconds." });
    bench.isAskedFor = (name) => name === "their-acceptance";
    const [failed] = await results(bench, "their-acceptance");
    bench.isAskedFor = () => false;
    expect(failed?.status).toBe("fail");
  });

  it("whose acceptance our server refuses is a failure with our reason", LONG, async () => {
    bench.waitMs = 2000;
    const running = results(bench, "their-acceptance");
    await lastTold("Accept this invite");
    await fetch(`${bench.reference.origin}/ocm/invite-accepted`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ recipientProvider: bench.host, token: "x", userID: "bob", email: "", name: "Bob" }),
    });
    const [result] = await running;
    expect(result?.status).toBe("fail");
    expect(result?.found).toContain("our server refused it: 401");
  });
});

describe("a share of somebody at the peer", () => {
  it("arrives, is read whole by an exchanged token, and its end is told", LONG, async () => {
    const running = results(bench, "their-share", "their-file", "their-notification");
    await lastTold("Share a file");
    const { id } = await shareWithUs();
    const found = await running;
    expect(found.map(({ name, status }) => [name, status])).toEqual([
      ["their-share", "pass"],
      ["their-file", "pass"],
      ["their-notification", "pass"],
    ]);
    expect(found[0]?.found).toContain("signed");
    expect(found[1]?.found).toBe("1200 bytes; by an exchanged token");
    await eventually("the end of the share at the peer", async () => {
      return (await peer.role.sent(id)).status === "declined" || undefined;
    });
  });

  it("that is a folder is opened, and a file in it is read", LONG, async () => {
    await peer.role.putFile("/folder/inside.txt", Readable.from(["inside"]));
    const running = results(bench, "their-share", "their-file", "their-notification");
    await lastTold("Share a file");
    await peer.role.share("/folder", bench.reference.account.address, ["read"]);
    const found = await running;
    expect(found.map(({ status }) => status)).toEqual(["pass", "pass", "pass"]);
    expect(found[1]?.found).toContain("6 bytes");
  });

  it("that cannot be opened is a failure", LONG, async () => {
    peer.defect = { answer: ({ path }) => (path.startsWith("/ocm/dav/") ? { status: 404, body: "" } : undefined) };
    const running = results(bench, "their-share", "their-file", "their-notification");
    await lastTold("Share a file");
    await shareWithUs();
    expect((await running).map(({ status }) => status)).toEqual(["pass", "fail", "pass"]);
  });

  it("whose code is not exchanged is a failure", LONG, async () => {
    peer.defect = {
      answer: ({ path }) => (path === "/ocm/token" ? { body: { access_token: "", token_type: "x" } } : undefined),
    };
    const running = results(bench, "their-share", "their-file", "their-notification");
    await lastTold("Share a file");
    await shareWithUs();
    const [, file] = await running;
    expect(file?.problems.map(({ id }) => id)).toContain("TOK-07");
  });

  it("whose notifications are refused is a failure", LONG, async () => {
    peer.defect = { answer: ({ path }) => (path === "/ocm/notifications" ? { status: 400, body: {} } : undefined) };
    const running = results(bench, "their-share", "their-notification");
    await lastTold("Share a file");
    await shareWithUs();
    expect((await running).map(({ status }) => status)).toEqual(["pass", "fail"]);
  });

  it("that our server refuses is a failure with our reason", LONG, async () => {
    bench.waitMs = 2000;
    const running = results(bench, "their-share");
    await lastTold("Share a file");
    await fetch(`${bench.reference.origin}/ocm/shares`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ sender: peer.role.address }),
    });
    const [result] = await running;
    expect(result?.status).toBe("fail");
    expect(result?.found).toContain("our server refused it: 401");
  });

  it("that never comes is skipped, and so is all that needs it", LONG, async () => {
    bench.waitMs = 300;
    const found = await results(bench, "their-share", "their-file", "their-notification");
    expect(found.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped"]);
  });
});

it("nothing is waited for without --wait", async () => {
  bench.waitMs = 0;
  const found = await results(bench, "their-acceptance", "their-share");
  expect(found.map(({ status }) => status)).toEqual(["skipped", "skipped"]);
  expect(found[0]?.found).toBe("Somebody there has to accept an invite of ours: --wait SECONDS prints one.");
  expect(found[1]?.found).toContain("Somebody there has to share a file with our person: --wait SECONDS");
});

it("an unsigned share, where ours takes it, is a warning", LONG, async () => {
  const lax = await benchFor("--peer", peer.origin, "--insecure-http", "--wait", "20", "--signatures", "optional");
  try {
    const running = results(lax.bench, "their-share");
    await eventually("the line for the person", async () => lax.told[0]);
    const body = {
      shareWith: lax.bench.reference.account.address,
      name: "unsigned.txt",
      providerId: "unsigned-1",
      owner: peer.role.address,
      sender: peer.role.address,
      shareType: "user",
      resourceType: "file",
      protocol: { name: "multi", webdav: { uri: "x", sharedSecret: "secret-of-the-test", permissions: ["read"] } },
    };
    const answer = await fetch(`${lax.bench.reference.origin}/ocm/shares`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
    expect(await running).toMatchObject([{ status: "warning", found: "the share is not signed" }]);
  } finally {
    await lax.bench.reference.close();
  }
});
