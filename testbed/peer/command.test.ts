import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Output } from "../launcher/display.ts";
import { eventually } from "../scenarios/steps.ts";
import { createAuthority } from "../tls/authority.ts";
import { CHECK_NAMES } from "./checks/table.ts";
import { peerCommand } from "./command.ts";
import { type PeerServer, startOther, startPeerServer } from "./front.test-helper.ts";

const LONG = { timeout: 180_000 };
const PEER = fileURLToPath(new URL("../peer.ts", import.meta.url));

const before = tmpdir();
let folder: string;
let peer: PeerServer;
const kills: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  peer = await startPeerServer();
}, 150_000);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peer-command-test-"));
  await mkdir(join(folder, "tmp"));
  process.env.TMPDIR = join(folder, "tmp");
});

afterEach(async () => {
  peer.defect = {};
  process.env.TMPDIR = before;
  for (const kill of kills.splice(0)) await kill();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

afterAll(async () => {
  await peer?.close();
});

function start(...words: string[]) {
  const child = spawn(process.execPath, [PEER, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: join(folder, "tmp") },
  });
  const said = { output: "", problems: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.problems += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  kills.push(() => {
    child.kill("SIGKILL");
    return ended;
  });
  return { child, said, ended };
}

/** The command in this process, which spares the time of a start. */
async function run(...words: string[]) {
  const said = { output: "", problems: "" };
  const into = (name: keyof typeof said): Output => ({
    isTTY: false,
    write(text: string | Uint8Array) {
      said[name] += String(text);
      return true;
    },
  });
  const code = await peerCommand(words, into("output"), into("problems"), new Promise(() => undefined));
  return { code, ...said };
}

async function nothingLeft(): Promise<void> {
  const left = await readdir(join(folder, "tmp"));
  expect(left.filter((name) => name.startsWith("koa-ocm-"))).toEqual([]);
}

const good = () => ["--peer", peer.origin, "--insecure-http"];

describe("npm run testbed", () => {
  it("finds nothing wrong with a good server, writes its reports and takes back what it shared", LONG, async () => {
    const at = (name: string) => join(folder, name);
    const files = ["--json", at("a.json"), "--junit", at("a.xml"), "--har", at("a.har")];
    const { said, ended } = start(...good(), "--user", peer.role.username, ...files, "--trace");
    const code = await ended;
    const { output, problems } = said;
    expect({ code, problems }).toEqual({ code: 0, problems: "" });
    expect(output).toMatch(/\n25 passed, 0 failed, 0 warnings, 6 skipped\.\n/);
    const report = JSON.parse(await readFile(at("a.json"), "utf8"));
    expect(report).toMatchObject({ peer: peer.origin, ok: true, leftBehind: [] });
    expect(report.checks.map(({ name }: { name: string }) => name)).toEqual(CHECK_NAMES);
    const xml = await readFile(at("a.xml"), "utf8");
    expect(xml).toContain(`tests="${CHECK_NAMES.length}" failures="0" errors="0" skipped="6"`);
    const { log } = JSON.parse(await readFile(at("a.har"), "utf8"));
    const urls = log.entries.map(({ request }: { request: { url: string } }) => new URL(request.url).pathname);
    expect(urls).toContain("/ocm/shares");
    for (const name of ["a.har", "a.xml", "a.json"]) expect((await stat(at(name))).mode & 0o777).toBe(0o600);
    const spoken = log.entries.filter(({ comment }: { comment: string }) => comment.startsWith("koa-ocm to peer"));
    for (const { request } of spoken) {
      const header = (wanted: string): string =>
        request.headers.find(({ name }: { name: string }) => name.toLowerCase() === wanted)?.value ?? "";
      const input = header("signature-input");
      expect(header("host")).toBe(new URL(peer.origin).host);
      if (input !== "") expect(input).toContain(`;keyid="${report.ours}/ocm#`);
      if (input.includes("content-length")) expect(header("content-length")).toBe(String(request.bodySize));
    }
    // The archive does not grow with the huge body of one check.
    expect((await stat(at("a.har"))).size).toBeLessThan(1_500_000);
    // The share of our server, which it sent by itself, is in the diagram too, with its signature verified.
    expect(output).toMatch(/koa-ocm +peer/);
    const blocks = output.split(/\n(?=│── )/);
    const taken = blocks.filter(
      (block) => /POST \/ocm\/(?:shares|notifications)/.test(block) && /^│◀─+ 201 \(/m.test(block),
    );
    expect(taken.length).toBeGreaterThan(3);
    for (const block of taken) expect(block).toContain(`signature base, valid by ${report.ours}/ocm#`);
    expect(output).not.toMatch(/"content-length": *$/m);
    const secrets = peer.received.flatMap(({ text }) => /"sharedSecret":"([^"]+)"/.exec(text)?.[1] ?? []);
    expect(secrets.length).toBeGreaterThan(0);
    for (const text of [output, await readFile(at("a.har"), "utf8"), JSON.stringify(report)]) {
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
    const received = await peer.role.received();
    expect(received.filter(({ status }) => status === "pending")).toEqual([]);
    await nothingLeft();
  });

  it("skips what needs an account, without one", LONG, async () => {
    const { code, output } = await run(...good());
    expect(code).toBe(0);
    expect(output).toContain("skip share                Name an account there with --user NAME.");
    expect(output).toMatch(/ok {3}unsigned +401/);
  });

  it("says of a failure what was asked for, what was sent and what came", LONG, async () => {
    peer.defect = {
      answer: ({ path }) => (path === "/ocm/token" ? { status: 418, body: { message: "teapot" } } : undefined),
    };
    const { code, output } = await run(...good(), "--only", "wrong-code", "--junit", join(folder, "b.xml"));
    expect(code).toBe(1);
    expect(output).toContain("FAIL wrong-code, TOK-11: A bad token request is answered with 400");
    expect(output).toContain(`sent: POST ${peer.origin}/ocm/token, signed ocm=(`);
    expect(output).toContain("came: 418, application/json");
    expect(output).toContain("0 passed, 1 failed, 0 warnings, 0 skipped.");
    expect(await readFile(join(folder, "b.xml"), "utf8")).toContain("<failure message=");
    await nothingLeft();
  });

  it("is not failed by a warning", LONG, async () => {
    peer.defect = { document: (document) => ({ ...document, inviteAcceptDialog: undefined }) };
    const { code, output } = await run(...good(), "--only", "promises");
    expect(code).toBe(0);
    expect(output).toContain("WARN promises");
  });

  it("names what it had to leave behind", LONG, async () => {
    peer.defect = { answer: ({ path }) => (path === "/ocm/notifications" ? { status: 404, body: {} } : undefined) };
    const { code, output } = await run(...good(), "--only", "unknown-fields", "--user", peer.role.username);
    expect(code).toBe(0);
    expect(output).toMatch(/Left behind at your server: share [\w-]+, share [\w-]+\./);
  });

  it("stays up when asked, and ends on a signal with nothing left", LONG, async () => {
    const { child, said, ended } = start(...good(), "--only", "discovery", "--stay");
    await eventually("the server to stay", async () => said.output.includes("Ctrl-C ends it") || undefined, 120_000);
    const [, origin = ""] = /stays up at (\S+)\. /.exec(said.output) ?? [];
    const [, password = ""] = /password (\S+)/.exec(said.output) ?? [];
    const me = await fetch(`${origin}/ocm/api/v1/me`, {
      headers: { authorization: `Basic ${btoa(`alice:${password}`)}` },
    });
    expect(await me.json()).toMatchObject({ address: `alice@${new URL(origin).host}` });
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    await nothingLeft();
  });

  it("says when it is interrupted, on the console and in its reports", LONG, async () => {
    const at = (name: string) => join(folder, name);
    const words = ["--user", peer.role.username, "--only", "share,their-share", "--wait", "60"];
    const { child, said, ended } = start(...good(), ...words, "--json", at("c.json"), "--junit", at("c.xml"));
    await eventually("the wait", async () => said.output.includes("→ Share a file there") || undefined, 120_000);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(said.output).toMatch(/\nInterrupted; 1 share taken back\.\n$/);
    expect(JSON.parse(await readFile(at("c.json"), "utf8"))).toMatchObject({
      ok: false,
      interrupted: true,
      error: "Interrupted: the other checks were not run.",
      checks: [{ name: "share", status: "pass" }],
      leftBehind: [],
    });
    const xml = await readFile(at("c.xml"), "utf8");
    expect(xml).toContain('tests="2" failures="0" errors="1" skipped="0"');
    expect(xml).toContain('name="the run" time="0"><error message="Interrupted: ');
    await nothingLeft();
  });

  it("fails where what was asked for by its name does not come", LONG, async () => {
    const { code, output } = await run(...good(), "--only", "their-file", "--wait", "1");
    expect(output).toContain("FAIL their-share          No share arrived within 1 second.");
    expect(code).toBe(1);
  });

  it("asks whether there is such an account, where the recipient is refused", LONG, async () => {
    const { code, output } = await run(...good(), "--only", "share", "--user", "bobb");
    expect(code).toBe(1);
    expect(output).toMatch(
      /FAIL share +it was refused: 400 There is no such recipient here\. Is there an account “bobb” there\?/,
    );
  });

  it("can be interrupted: exit code 130, what was shared is taken back, nothing is left", LONG, async () => {
    const { child, said, ended } = start(...good(), "--user", peer.role.username, "--wait", "60");
    await eventually("the wait", async () => said.output.includes("Accept this invite") || undefined, 120_000);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    await nothingLeft();
  });

  it("shows its checks and its flags", LONG, async () => {
    const list = await run("--list");
    expect(list.code).toBe(0);
    for (const name of CHECK_NAMES) expect(list.output).toContain(`${name} `);
    const help = await run("--help");
    expect(help.code).toBe(0);
    expect(help.output).toContain("--peer URL");
  });
});

describe("what is no OCM server, or cannot be reached, is one line and exit code 2:", () => {
  async function refusedLine(...words: string[]): Promise<string> {
    const { code, output, problems } = await run(...words);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(problems.trimEnd().split("\n")).toHaveLength(1);
    await nothingLeft();
    return problems.trimEnd();
  }

  it("a web server that knows nothing of it", LONG, async () => {
    const other = await startOther({
      body: "<!doctype html><title>Hello</title>",
      headers: { "content-type": "text/html" },
    });
    kills.push(other.close);
    const origin = `http://localhost:${other.port}`;
    expect(await refusedLine("--peer", origin, "--insecure-http")).toBe(
      `This is no OCM server: GET ${origin}/.well-known/ocm was answered with 200, text/html, no JSON: <!doctype html><title>Hello</title>.`,
    );
  });

  it("JSON of something else, and a redirect", LONG, async () => {
    const json = await startOther({ status: 404, body: { hello: "world" } });
    const redirect = await startOther({ status: 302, headers: { location: "https://elsewhere.example/" } });
    kills.push(json.close, redirect.close);
    expect(await refusedLine("--peer", `http://localhost:${json.port}`, "--insecure-http")).toContain(
      "404, application/json, JSON without endPoint",
    );
    expect(await refusedLine("--peer", `http://localhost:${redirect.port}`, "--insecure-http")).toContain(
      "302 to https://elsewhere.example/",
    );
  });

  it("a closed port", LONG, async () => {
    const other = await startOther({});
    await other.close();
    const sentence = `Nobody listens at localhost:${other.port}: start the server, or look at the port.`;
    const [json, junit] = [join(folder, "d.json"), join(folder, "d.xml")];
    const origin = `http://localhost:${other.port}`;
    const files = ["--json", json, "--junit", junit];
    expect(await refusedLine("--peer", origin, "--insecure-http", ...files)).toBe(sentence);
    expect(JSON.parse(await readFile(json, "utf8"))).toEqual({
      peer: origin,
      ours: null,
      ok: false,
      interrupted: false,
      error: sentence,
      checks: [],
      leftBehind: [],
    });
    const xml = await readFile(junit, "utf8");
    expect(xml).toContain('tests="1" failures="0" errors="1" skipped="0"');
    expect(xml).toContain(`<error message="${sentence}"/>`);
  });

  it("an unknown host", LONG, async () => {
    expect(await refusedLine("--peer", "https://nowhere.invalid")).toMatch(/^nowhere\.invalid has no address/);
  });

  it(
    "certificates that have expired, are for another name, or of an unknown authority; and no TLS at all",
    LONG,
    async () => {
      const authority = await createAuthority();
      const ca = join(folder, "ca.pem");
      await writeFile(ca, authority.certificate);
      const old = await startOther({}, await authority.issue(["localhost"], Date.now() - 1000));
      const wrong = await startOther({}, await authority.issue(["other.example"]));
      const plain = await startOther({});
      kills.push(old.close, wrong.close, plain.close);
      const at = ({ port }: { port: number }) => ["--peer", `https://localhost:${port}`];
      expect(await refusedLine(...at(old), "--ca", ca)).toContain("has expired: renew it.");
      expect(await refusedLine(...at(wrong), "--ca", ca)).toContain("is for another name");
      expect(await refusedLine(...at(wrong))).toContain("name its authority with --ca FILE");
      expect(await refusedLine(...at(plain))).toContain("speaks no TLS that is understood");
    },
  );

  it("a name that leads to a private address, unless that is permitted", LONG, async () => {
    expect(await refusedLine("--peer", "https://10.1.2.3")).toBe(
      "10.1.2.3 is at 10.1.2.3, which is no public address: add --allow-private-addresses if it is meant.",
    );
    expect(await refusedLine("--peer", "http://192.0.2.7", "--insecure-http")).toContain("--allow-private-addresses");
    expect(await refusedLine("--peer", "http://1.1.1.1", "--insecure-http")).toContain(
      "plain http does not go over the internet",
    );
  });

  it("a server whose discovery leads to an address that was not named", LONG, async () => {
    peer.defect = { document: (document) => ({ ...document, endPoint: "https://elsewhere.example/ocm" }) };
    expect(await refusedLine(...good())).toBe(
      "Discovery names https://elsewhere.example/ocm as its endPoint: add --also https://elsewhere.example if that is yours.",
    );
  });

  it("a port of ours that is taken", LONG, async () => {
    const other = await startOther({});
    kills.push(other.close);
    expect(await refusedLine(...good(), "--listen", String(other.port))).toBe(`Port ${other.port} is taken.`);
  });
});

it("waits for a server that is not up yet", LONG, async () => {
  let asked = 0;
  peer.defect = {
    answer: ({ path }) => (path === "/.well-known/ocm" && ++asked < 4 ? { status: 503, body: "" } : undefined),
  };
  const { code } = await run(...good(), "--only", "discovery", "--up-within", "30");
  expect(code).toBe(0);
  expect(asked).toBeGreaterThan(3);
});
