import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuthority } from "../../testbed/tls/authority.ts";
import { serve } from "../adapter/run-script.test-helper.ts";
import { ADAPTER, loadtest, program } from "./command.test-helper.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-command-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const discovery =
  (delayMs: number): RequestListener =>
  (_request, response) => {
    setTimeout(() => response.end('{"enabled":true}'), delayMs);
  };

describe("npm run loadtest", { timeout: 120_000 }, () => {
  it("runs signed shares against servers of its own, and writes what was measured", async () => {
    const json = join(folder, "report.json");
    const { code, stdout, isAnybodyLeft, temporary } = await loadtest([
      "share-intake",
      "--slack",
      "10",
      "--json",
      json,
    ]);
    expect(stdout).toContain("which is not k6");
    expect(stdout).toMatch(/share-intake +\d+/);
    expect(code).toBe(0);
    expect(isAnybodyLeft).toBe(false);
    expect(temporary).toEqual([]);
    const report = JSON.parse(await readFile(json, "utf8"));
    expect(report).toMatchObject({ schema: "koa-ocm-loadtest-report/1", profile: "smoke", target: "processes" });
    const [run] = report.runs;
    expect(run).toMatchObject({ name: "share-intake", ok: true });
    expect(run.summary).toMatchObject({
      schema: "koa-ocm-loadtest/1",
      script: "share-intake",
      profile: "smoke",
      runner: report.runner,
      requests: { failed: 0 },
      checks: { fails: 0 },
    });
    expect(run.summary.runner).toMatch(/^the adapter in Node/);
    expect(run.summary.requests.count + run.summary.droppedIterations).toBe(120);
    expect(run.summary.endpoints["share-intake"].count).toBe(run.summary.requests.count);
    expect(run.summary.thresholds).toContainEqual({ metric: "checks", condition: "rate>0.99", ok: true });
  });

  it("fails where a server is slower than the threshold, and says so", async () => {
    const server = await serve(discovery(1300));
    try {
      const { code, stdout } = await loadtest(["discovery", "--target", server.origin]);
      expect(stdout).toContain("FAIL http_req_duration{endpoint:discovery}: p(95)<1000 does not hold");
      expect(code).toBe(1);
      expect((await loadtest(["discovery", "--target", server.origin, "--slack", "20"])).code).toBe(0);
    } finally {
      await server.close();
    }
  });

  it("fails where answers are wrong", async () => {
    const server = await serve((_request, response) => response.writeHead(503).end());
    try {
      const { code, stdout } = await loadtest(["jwks", "--target", server.origin]);
      expect(stdout).toContain("times not so: the key set answers 200");
      expect(stdout).toContain("FAIL http_req_failed");
      expect(code).toBe(1);
    } finally {
      await server.close();
    }
  });

  it("uses k6 where it is on PATH, gives it the script as it is, and names it in the report", async () => {
    // Not k6, but something with its command line.
    const programs = await program(
      folder,
      "k6",
      `if [ "$1" = version ]; then echo "k6 v9.8.7 (go1.99, linux/amd64)"; exit 0; fi
for last; do :; done
echo "$last" > "$(dirname "$0")/script"
echo "$K6_NO_USAGE_REPORT $K6_NEW_MACHINE_READABLE_SUMMARY [$K6_VUS]" > "$(dirname "$0")/settings"
exec "${process.execPath}" "${ADAPTER}" "$@"`,
    );
    const json = join(folder, "k6.json");
    const { code, stdout } = await loadtest(["discovery", "--target", "null", "--slack", "10", "--json", json], {
      path: `${programs}:/usr/bin:/bin`,
      environment: { K6_VUS: "7" },
    });
    expect(stdout).toContain("Run by k6 v9.8.7.\n");
    expect(code).toBe(0);
    expect(await readFile(join(programs, "settings"), "utf8")).toBe("true false []\n");
    expect(await readFile(join(programs, "script"), "utf8")).toMatch(/loadtests\/k6\/discovery\.ts\n$/);
    const report = JSON.parse(await readFile(json, "utf8"));
    expect(report).toMatchObject({ runner: "k6 v9.8.7", runs: [{ summary: { runner: "k6 v9.8.7" } }] });
  });

  it("uses the image where Docker has it, with the scripts to read and one folder to write", async () => {
    const programs = await program(
      folder,
      "docker",
      `echo "$@" >> "$(dirname "$0")/said"
case "$*" in
  "image inspect"*) exit 1;;
  pull*) exit 0;;
  *" version") echo "k6 v9.8.7 (go1.99)"; exit 0;;
esac
while [ "$1" != grafana/k6 ]; do shift; done
shift
exec "${process.execPath}" "${ADAPTER}" "$@"`,
    );
    const { code, stdout } = await loadtest(["discovery", "--target", "null", "--slack", "10"], {
      path: `${programs}:/usr/bin:/bin`,
    });
    expect(stdout).toContain("Run by k6 v9.8.7, image grafana/k6.\n");
    expect(code).toBe(0);
    const said = await readFile(join(programs, "said"), "utf8");
    expect(said).toMatch(/^pull --quiet grafana\/k6$/m);
    expect(said).toMatch(
      /^run --rm --init -i --name koa-ocm-loadtest-\d+ --network host --user \d+:\d+ -v (\S+):\1:ro -v (\S+):\2 -e K6_NO_USAGE_REPORT=true -e K6_NEW_MACHINE_READABLE_SUMMARY=false grafana\/k6 run --quiet -e DATA=\2 /m,
    );
  });

  it("takes no k6 that is too old for the scripts", async () => {
    const programs = await program(folder, "k6", 'echo "k6 v0.57.0 (go1.23, linux/amd64)"');
    const { code, stderr } = await loadtest(["discovery", "--target", "null", "--runner", "k6"], {
      path: `${programs}:/usr/bin:/bin`,
    });
    expect(stderr).toBe("k6 v0.57.0 is too old; the scripts need k6 1 or newer.\n");
    expect(code).toBe(2);
  });

  it("fails, with what was said, where there is no summary although the program ended well", async () => {
    const programs = await program(
      folder,
      "k6",
      'if [ "$1" = version ]; then echo "k6 v9.8.7"; else echo "handleSummary: another shape" >&2; fi',
    );
    const { code, stdout } = await loadtest(["discovery", "--target", "null"], { path: `${programs}:/usr/bin:/bin` });
    expect(stdout).toContain("k6 v9.8.7 ended with code 0. handleSummary: another shape");
    expect(code).toBe(1);
  });

  it.each([
    [["discovry"], "There is no script discovry; did you mean discovery?"],
    [["discovery", "--runner", "k6"], "There is no k6 on PATH."],
    [["discovery", "--target", "xyzzy"], "There is no target xyzzy; there are processes, docker, null."],
    [["discovery", "--target", "https://cloud.example.org"], "--i-own-this-server"],
    [["token", "--target", "http://127.0.0.1:9"], "token needs accounts"],
    [["discovery", "--target", "http://127.0.0.1:9", "--servers", "/nowhere.json"], "cannot be read"],
  ])("exits with 2 and one line for %j", async (words, sentence) => {
    const { code, stderr } = await loadtest(words);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("refuses servers of others in a file, too", async () => {
    const file = join(folder, "servers.json");
    const one = (origin: string) => ({ name: "one", origin, username: "a", password: "b", address: "a@b" });
    await writeFile(file, JSON.stringify({ servers: [one("http://localhost:9"), one("https://cloud.example.org")] }));
    const { code, stderr } = await loadtest(["discovery", "--target", "http://localhost:9", "--servers", file]);
    expect(stderr).toBe(
      "https://cloud.example.org is not on this machine. If it is yours, say so with --i-own-this-server.\n",
    );
    expect(code).toBe(2);
  });

  it("loads servers whose names only it knows, over TLS, by what --servers says; and leaves out what it cannot do with them", async () => {
    const authority = await createAuthority();
    const server = createServer(await authority.issue(["alpha.test"]), discovery(0));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      await writeFile(join(folder, "ca.pem"), authority.certificate);
      const file = join(folder, "tls.json");
      const one = {
        name: "alpha",
        origin: "https://alpha.test",
        username: "a",
        password: "b",
        address: "a@alpha.test",
      };
      const hosts = { "alpha.test:443": `127.0.0.1:${port}` };
      await writeFile(file, JSON.stringify({ servers: [one], ca: "ca.pem", hosts }));
      const words = ["--target", "docker", "--servers", file, "--slack", "10"];
      const { code, stdout } = await loadtest(["discovery", ...words]);
      expect(stdout).toMatch(/^ {2}discovery +\d+ .* 0 % /m);
      expect(code).toBe(0);
      expect((await loadtest(["share-intake", ...words])).stderr).toMatch(/needs other servers that docker trusts/);
    } finally {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    }
  });

  it("lists the scripts and profiles", async () => {
    const { code, stdout } = await loadtest(["--list"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}propfind +a folder of .* \(--size 10, 1000, 100000\)$/m);
    expect(stdout).toMatch(/^ {2}soak +3600 s$/m);
  });
});
