import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startProxy } from "../faults/proxy.ts";
import { startLegacyServer } from "../launcher/legacy-server.ts";
import { createAuthority } from "../tls/authority.ts";
import { benchFor, results } from "./bench.test-helper.ts";
import { CHECK_NAMES } from "./checks/table.ts";
import { type PeerServer, startPeerServer } from "./front.test-helper.ts";

const LONG = { timeout: 240_000 };

let folder: string;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "other-servers-test-"));
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

it("a server and ours find each other over TLS, each by the other's own authority", LONG, async () => {
  const authority = await createAuthority();
  const [theirCa, ourCa] = [join(folder, "their-ca.pem"), join(folder, "our-ca.pem")];
  await writeFile(theirCa, authority.certificate);
  const port = await freePort();
  const ours = `https://localhost:${port}`;
  const words = ["--ca", theirCa, "--as", ours, "--write-ca", ourCa, "--up-within", "150"];
  // The authority of ours is written before the other server is asked, so that it can be told to trust it.
  const peerPort = await freePort();
  const peerOrigin = `https://localhost:${peerPort}`;
  const opening = benchFor("--peer", peerOrigin, "--user", "bob", ...words);
  opening.catch(() => undefined);
  await expect.poll(() => readFile(ourCa, "utf8").catch(() => ""), { timeout: 60_000 }).toContain("BEGIN CERTIFICATE");
  const peer: PeerServer = await startPeerServer({
    port: peerPort,
    tls: await authority.issue(["localhost"]),
    peers: { [`localhost:${port}`]: { ca: await readFile(ourCa, "utf8"), allowPrivateAddresses: true } },
  });
  ends.push(peer.close);
  const { bench } = await opening;
  ends.push(bench.reference.close);
  const names = ["tls", "keys", "share", "wrong-key", "wrong-code", "unshare"];
  const found = await results(bench, ...names);
  expect(found.map(({ name, status, found: what }) => [name, status, status === "pass" || what])).toEqual(
    names.map((name) => [name, "pass", true]),
  );

  // What discovery names without TLS is found.
  peer.defect = {
    document: (document) => ({
      ...document,
      endPoint: String(document.endPoint).replace("https:", "http:"),
      tokenEndPoint: String(document.tokenEndPoint).replace("https:", "http:"),
    }),
  };
  const [tls] = await results(bench, "tls");
  expect(tls?.problems.map(({ id }) => id)).toEqual(["DISC-38", "SEC-04"]);
});

it("a server of before the draft takes our share, and what it lacks is named", LONG, async () => {
  const proxy = await startProxy({ name: "legacy", watch: () => undefined });
  ends.push(proxy.close);
  const legacy = await startLegacyServer("bob", { name: "legacy", origin: proxy.origin });
  ends.push(legacy.close);
  proxy.passTo({ host: "127.0.0.1", port: legacy.port });
  const { bench } = await benchFor(
    "--peer",
    proxy.origin,
    "--insecure-http",
    "--user",
    "bob",
    "--signatures",
    "optional",
  );
  ends.push(bench.reference.close);
  const found = await results(bench, ...CHECK_NAMES);
  const status = Object.fromEntries(found.map(({ name, status }) => [name, status]));
  expect(status).toMatchObject({ discovery: "pass", share: "pass", "share-again": "pass", unshare: "pass" });
  // It never says that it reads signatures, so nothing is held against it.
  expect(status).toMatchObject({
    keys: "skipped",
    unsigned: "skipped",
    "wrong-key": "skipped",
    "wrong-code": "skipped",
  });
  const failed = found.filter(({ status }) => status === "fail").map(({ name }) => name);
  // It never looks at sender, shareType and resourceType.
  expect(failed).toEqual(["missing-fields"]);
});

it("a server that a message ends is not asked any more, and the check that did it is named", LONG, async () => {
  const peer = await startPeerServer();
  ends.push(peer.close);
  peer.defect = {
    answer({ path }) {
      if (path === "/ocm/invite-accepted") void peer.die();
      return undefined;
    },
  };
  const { bench } = await benchFor("--peer", peer.origin, "--insecure-http");
  ends.push(bench.reference.close);
  // The server ends while it answers, so that one or the other check finds it gone.
  const found = await results(bench, "unknown-share", "unknown-invite", "wrong-code", "no-stack-trace");
  expect(found[0]?.status).toBe("pass");
  expect(found.at(-1)).toMatchObject({ status: "skipped" });
  expect(found.at(-1)?.found).toMatch(/^Nobody listens there any more: the check (?:unknown-invite|wrong-code)/);
});

it("a server that never answers is given up", LONG, async () => {
  const silent = createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : 0;
  ends.push(async () => void silent.close());
  await expect(benchFor("--peer", `http://127.0.0.1:${port}`, "--insecure-http")).rejects.toThrow(
    "was not answered within 20 seconds.",
  );
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("There is no port.");
  return address.port;
}
