import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeliveryView, KeyView, PeerView } from "../index.ts";
import { closedPort } from "../system/servers.test-helper.ts";
import { cli, cliProcess, type RunningServer, startServer } from "./servers.test-helper.ts";

let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-cli-"));
  server = await startServer(folder, "alpha");
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const jsonLines = <T>(text: string): T[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

const deliveries = async ({ flags }: RunningServer, ...more: string[]) =>
  jsonLines<DeliveryView>((await cli(["deliveries", "--json", ...more, ...flags])).stdout);

describe("the command line", { timeout: 60_000 }, () => {
  it.each([
    [["docter", "x"], '"docter" is no command. Did you mean doctor?'],
    [["peers", "--jsn"], "--jsn is no flag of peers. Did you mean --json?"],
    [["doctor"], "doctor takes one peer"],
    [["peers"], "Name the server: --config FILE"],
  ])("%j is refused with one line and exit code 2", async (args, words) => {
    const { code, stdout, stderr } = await cli(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^koa-ocm: [^\n]+\n$/);
  });

  it("explains itself and its commands, and says its version", async () => {
    const all = await cli(["help"]);
    expect([all.code, all.stderr]).toEqual([0, ""]);
    for (const words of ["doctor", "deliveries", "--config FILE", "Exit codes: 0"]) expect(all.stdout).toContain(words);
    expect((await cli(["--help"])).stdout).toBe(all.stdout);
    const one = await cli(["help", "deliveries"]);
    expect(one.stdout).toContain("koa-ocm deliveries [--host HOST] | --retry KIND RECORD");
    expect((await cli(["deliveries", "--help"])).stdout).toBe(one.stdout);
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect((await cli(["--version"])).stdout).toBe(`${manifest.version}\n`);
  });

  it("ends quietly when nobody reads on", async () => {
    const child = cliProcess(["help"]);
    child.stdout.destroy();
    let complaints = "";
    child.stderr.on("data", (chunk) => {
      complaints += chunk;
    });
    const [code] = await once(child, "close");
    expect([code, complaints]).toEqual([0, ""]);
  });

  it("takes the server from the environment, or from a file, and refuses another server's database", async () => {
    const env = { OCM_DATABASE: server.database, OCM_ORIGIN: server.origin };
    expect((await cli(["keys"], env)).code).toBe(0);
    const config = join(folder, "options.mjs");
    await writeFile(config, `export default ${JSON.stringify({ origin: server.origin, database: server.database })};`);
    expect((await cli(["keys", "--config", config])).code).toBe(0);
    const { code, stderr } = await cli(["keys", "--config", config, "--origin", "http://localhost:1"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^koa-ocm: The database belongs to [^\n]+\n$/)]);
  });

  it("makes no database where the path is mistyped, but for migrate", async () => {
    const database = `file:${join(folder, "new.sqlite")}`;
    const flags = ["--database", database, "--origin", "https://new.example"];
    const refused = await cli(["doctor", "peer.example", ...flags]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("There is no database")]);
    const made = await cli(["migrate", ...flags]);
    expect([made.code, made.stdout]).toEqual([
      0,
      expect.stringMatching(/^The database has schema \d+, the newest that koa-ocm \S+ knows\.\n$/),
    ]);
    const again = await cli(["migrate", "--json", ...flags]);
    expect(JSON.parse(again.stdout)).toEqual({ schema: expect.any(Number), version: expect.any(String) });
    expect((await cli(["peers", ...flags])).stdout).toBe("No other server is known yet.\n");
    expect((await cli(["deliveries", ...flags])).stdout).toMatch(/^Nothing waits/);
  });
});

describe("beside a running server", { timeout: 60_000 }, () => {
  it("keys lists and rotates the signing keys, and the server goes on with the same ones", async () => {
    const before = jsonLines<KeyView>((await cli(["keys", "--json", ...server.flags])).stdout);
    expect(before.map(({ state }) => state)).toEqual(["active"]);
    const rotated = await cli(["keys", "rotate", ...server.flags]);
    expect(rotated.stdout).toContain("The new key signs from ");
    const again = jsonLines<KeyView>((await cli(["keys", "rotate", "--json", ...server.flags])).stdout);
    const after = await server.ocm.operator.keys();
    expect(after.map(({ state }) => state)).toEqual(["active", "next"]);
    expect(after[0]?.kid).toBe(before[0]?.kid);
    expect(again).toEqual([after[1]]);
    expect(after[1]?.activeAt).toBeGreaterThan(Date.now() + 23 * 3600 * 1000);
    const jwks: { keys: { kid: string }[] } = JSON.parse(await (await fetch(`${server.origin}/ocm/jwks.json`)).text());
    expect(jwks.keys.map(({ kid }) => kid)).toEqual(after.map(({ kid }) => kid));
    expect((await cli(["keys", ...server.flags])).stdout).toMatch(/^STATE +SIGNS FROM +PUBLISHED UNTIL +KID\nactive /);
  });

  it("deliveries shows what waits for a dead peer and why", async () => {
    const dead = `localhost:${await closedPort()}`;
    const share = await server.ocm.api.sent.create("alice", { path: "/notes.txt", shareWith: `bob@${dead}` });
    const [waiting] = await deliveries(server, "--host", dead.toUpperCase());
    expect(waiting).toMatchObject({ kind: "outgoing", record: share.id, type: "share", to: dead });
    expect(waiting?.attempts).toBeGreaterThan(0);
    expect(await deliveries(server, "--host", "other.example")).toEqual([]);
    const { stdout } = await cli(["deliveries", ...server.flags]);
    expect(stdout).toMatch(/^KIND +RECORD +MESSAGE +TO +ATTEMPTS +NEXT ATTEMPT\noutgoing /);
    expect(stdout).toMatch(/\n {2}localhost:\d+ refused the connection .*\(peer-unreachable, request /);
  });

  it("deliveries --retry makes a message due now", async () => {
    const stopped = await startServer(folder, "gamma");
    const to = `bob@localhost:${await closedPort()}`;
    const share = await stopped.ocm.api.sent.create("alice", { path: "/notes.txt", shareWith: to });
    await stopped.close();
    const [before] = await deliveries(stopped);
    const { code, stdout } = await cli(["deliveries", "--retry", "outgoing", share.id, ...stopped.flags]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`outgoing ${share.id} is due now`)]);
    const [after] = await deliveries(stopped);
    expect(after?.nextAttemptAt).not.toBe(before?.nextAttemptAt);
    expect(after?.nextAttemptAt).toBeLessThanOrEqual(Date.now());
    const unknown = await cli(["deliveries", "--retry", "invite", "nothing", ...stopped.flags]);
    expect([unknown.code, unknown.stderr]).toEqual([1, "koa-ocm: There is no record nothing of the kind invite.\n"]);
  });

  it("peers lists those that the server has turned to, with their last error", async () => {
    const other = await startServer(folder, "beta");
    try {
      await server.ocm.api.sent.create("alice", { path: "/notes.txt", shareWith: `alice@${other.host}` });
      const list = async () => jsonLines<PeerView>((await cli(["peers", "--json", ...server.flags])).stdout);
      await expect
        .poll(async () => (await list()).find(({ host }) => host === other.host), { timeout: 10_000 })
        .toMatchObject({ state: "reachable", provider: "beta", apiVersion: "1.4.0", failures: 0 });
      const { code, stdout } = await cli(["peers", ...server.flags]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^HOST +STATE +LAST ANSWER +FAILURES +PROVIDER\n/);
      expect(stdout).toMatch(new RegExp(`${other.host} +reachable +20\\S+Z +0 +beta`));
    } finally {
      await other.close();
    }
  });
});
