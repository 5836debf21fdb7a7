import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Finding } from "../index.ts";
import { closedPort, makeCertificates, serve } from "../system/servers.test-helper.ts";
import { type CliResult, cli, LAB, type RunningServer, startServer } from "./servers.test-helper.ts";

let folder: string;
let alpha: RunningServer;
let beta: RunningServer;
let config: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-doctor-"));
  [alpha, beta] = await Promise.all([startServer(folder, "alpha"), startServer(folder, "beta")]);
  config = await configure("lab.json", { peers: LAB });
});
afterAll(async () => {
  await Promise.all([alpha.close(), beta.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function configure(name: string, options: object): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, JSON.stringify({ origin: alpha.origin, database: alpha.database, name: "alpha", ...options }));
  return file;
}

async function peer(listener: http.RequestListener, options: Parameters<typeof serve>[1] = {}): Promise<string> {
  const server = await serve(listener, options);
  onTestFinished(server.close);
  return `localhost:${server.port}`;
}

/** The documents of a peer, with what a test changes. */
const documents = (
  change: (path: string, response: http.ServerResponse) => boolean = () => false,
): http.RequestListener => {
  return async (request, response) => {
    request.resume();
    const path = request.url ?? "";
    if (change(path, response)) return;
    const answer = await fetch(`${beta.origin}${path}`);
    const text = (await answer.text()).replaceAll(beta.host, request.headers.host ?? "");
    response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  };
};

/** Every row of every table. */
function contentOf({ database }: RunningServer): string {
  const handle = new DatabaseSync(database.slice("file:".length), { readOnly: true });
  const tables = handle.prepare("select name from sqlite_master where type = 'table' order by name").all();
  const rows = tables.map(({ name }) => [name, handle.prepare(`select * from "${name}"`).all()]);
  handle.close();
  return JSON.stringify(rows);
}

const doctor = (host: string, ...flags: string[]): Promise<CliResult> =>
  cli(["doctor", host, "--config", config, ...flags]);

/** "✗ tls": mark and check of each line. */
const marks = ({ stdout }: CliResult): string[] =>
  stdout
    .split("\n")
    .filter((line) => /^[✓!✗–] /.test(line))
    .map((line) => line.split(/\s+/).slice(0, 2).join(" "));

describe("doctor between two good servers", { timeout: 60_000 }, () => {
  it("prints one line a check, all of them good, and exits with 0, while the server runs", async () => {
    const result = await doctor(beta.host);
    expect(result.stderr).toBe("");
    expect(marks(result)).toEqual([
      "✓ policy",
      "– history",
      "✓ dns",
      "✓ address",
      "✓ tls",
      "✓ discovery",
      "✓ capabilities",
      "✓ keys",
      "✓ clock",
      "✓ signature",
      "✓ self",
    ]);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^✓ policy {8}The trust policy admits localhost:\d+\./);
    expect(result.stdout).toContain("does not object to our signature");
    expect(result.stdout).toMatch(/\n\nlocalhost:\d+: 10 ok, 0 warnings, 0 failed, 1 skipped\.\n$/);
    expect(result.stdout).not.toContain("\u001b");
  });

  it("prints findings as JSON lines", async () => {
    const { code, stdout } = await doctor(`alice@${beta.host}`, "--json");
    const findings: Finding[] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(findings.map(({ check }) => check)).toEqual([
      "policy",
      "history",
      "dns",
      "address",
      "tls",
      "discovery",
      "capabilities",
      "keys",
      "clock",
      "signature",
      "self",
    ]);
    expect(findings.every(({ duration }) => duration >= 0)).toBe(true);
  });

  it("changes nothing in either database", async () => {
    // The peer notes, about a second after the first of these messages, whose keys it has fetched.
    await expect.poll(() => contentOf(beta), { timeout: 5000 }).toContain(alpha.host);
    const before = [contentOf(alpha), contentOf(beta)];
    expect(before[0]).toContain(alpha.origin);
    expect((await doctor(beta.host)).code).toBe(0);
    expect([contentOf(alpha), contentOf(beta)]).toEqual(before);
  });

  it("works from a database and an origin alone, with the defaults of a server on the internet", async () => {
    const { code, stdout } = await cli(["doctor", beta.host, ...alpha.flags]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ address +No connection is made to .*a loopback address/);
    expect(stdout).toMatch(/\n {16}→ If the peer belongs there, permit it: peers: /);
  });

  it("says that the peer does not federate with us, in the peer's words", async () => {
    const strict = await startServer(folder, "gamma", { trust: { deny: ["localhost"] } });
    onTestFinished(strict.close);
    const result = await doctor(strict.host);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/✗ signature +It refuses this server: 403, "This server does not federate with /);
    expect(result.stdout).toMatch(/→ The operator can allow it\. Its log has more under the request id [0-9a-f]{30}\./);
  });

  it("says that we do not federate with the peer", async () => {
    const file = await configure("deny.json", { peers: LAB, trust: { deny: ["localhost"] } });
    const { code, stdout } = await cli(["doctor", beta.host, "--config", file]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ policy +This server does not federate with /);
  });
});

describe("doctor with a peer that is", { timeout: 60_000 }, () => {
  it("a web page", async () => {
    const host = await peer((_request, response) => response.end("<!doctype html><h1>Log in</h1>"));
    const result = await doctor(host);
    expect(result.code).toBe(1);
    expect(marks(result)).toContain("✗ discovery");
    expect(marks(result)).toContain("– signature");
    expect(result.stdout).toContain("a web page instead of JSON");
  });

  it("a redirect to the inside of a network", async () => {
    const location = "http://169.254.169.254/latest/meta-data/";
    const result = await doctor(await peer((_request, response) => response.writeHead(302, { location }).end()));
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(
      /✗ discovery +localhost:\d+\/.well-known\/ocm redirects to http:\/\/169\.254\.169\.254/,
    );
  });

  it("five minutes ahead", async () => {
    const date = () => new Date(Date.now() + 300_000).toUTCString();
    const ahead = documents((_path, response) => {
      response.setHeader("date", date());
      return false;
    });
    const result = await doctor(await peer(ahead));
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/✗ clock +Its clock is (299|300|301) seconds ahead of ours\./);
  });

  it("without keys", async () => {
    const keyless = documents((path, response) => {
      if (path.endsWith("jwks.json")) response.writeHead(404).end();
      return path.endsWith("jwks.json");
    });
    const result = await doctor(await peer(keyless));
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/✗ keys +localhost:\d+\/ocm\/jwks\.json answered with status 404\./);
  });

  it("self-signed", async () => {
    const { selfSigned } = makeCertificates();
    const host = await peer(() => {}, { tls: selfSigned });
    const file = await configure("tls.json", { peers: { "localhost:*": { allowPrivateAddresses: true } } });
    const result = await cli(["doctor", host, "--config", file]);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(
      /✗ tls +The certificate of localhost:\d+ is self-signed \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    );
    expect(result.stdout).toMatch(/→ If the authority is one of yours, give its certificate: peers: /);
  });

  it("a closed port", async () => {
    const result = await doctor(`localhost:${await closedPort()}`);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/✗ tls +localhost:\d+ refused the connection \(ECONNREFUSED/);
  });

  it("no host at all", async () => {
    const result = await doctor("http://");
    expect([result.code, marks(result)]).toEqual([1, ["✗ host"]]);
  });
});
