import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Output } from "../launcher/display.ts";
import { dockerCommand } from "./command.ts";

const COMMAND = fileURLToPath(new URL("../docker.ts", import.meta.url));

let empty: string;
beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), "testbed-docker-"));
  await symlink(process.execPath, join(empty, "node"));
});
afterAll(() => rm(empty, { recursive: true }));

interface Ended {
  code: number | null;
  out: string;
  said: string;
}

/** What the command writes, and its exit code. */
async function refusal(words: string[]): Promise<Ended> {
  const ended: Ended = { code: null, out: "", said: "" };
  const into = (part: "out" | "said") => ({
    isTTY: false,
    write(text: string) {
      ended[part] += text;
      return true;
    },
  });
  ended.code = await dockerCommand(
    words,
    into("out") as Output,
    into("said") as Output,
    new Promise<void>(() => undefined),
  );
  return ended;
}

/** Runs the command as a process, on a machine that has no program but Node. */
function runWithoutDocker(words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [COMMAND, ...words], { env: { ...process.env, PATH: empty } });
    const ended: Ended = { code: null, out: "", said: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      ended.out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      ended.said += text;
    });
    child.once("close", (code) => resolve({ ...ended, code }));
  });
}

describe("npm run testbed:docker", () => {
  it.each([
    [[], "Say up, test or down; see --help.\n"],
    [["upp"], "“upp” is not understood; did you mean up?\n"],
    [["up", "down"], "One of up, test and down: “down” is one too many.\n"],
    [["up", "--databse", "sqlite"], "There is no flag --databse; did you mean --database?\n"],
    [["up", "--database", "sqlit"], "There is no database sqlit; did you mean sqlite?\n"],
    [["up", "--seed", "1"], "--seed says nothing to up.\n"],
    [["test", "--fault", "latncy"], "There is no fault latncy; did you mean latency?\n"],
    [["test", "--fault", "disk-full"], "The fault disk-full needs hooks in a process: npm run scenario can do it.\n"],
    [["test", "--port", "99999"], "--port needs a whole number from 1 to 65535.\n"],
    [["test", "--junit", "/nowhere/at-all.xml"], "/nowhere/at-all.xml cannot be written.\n"],
  ])("refuses %j in one line", async (words, line) => {
    expect(await refusal(words)).toEqual({ code: 2, out: "", said: line });
  });

  it("shows its flags", async () => {
    const { code, out } = await refusal(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Usage: npm run testbed:docker -- up|test|down [flags]");
  });

  it.each(["up", "down"])("says what to install where there is no Docker: %s", async (order) => {
    const { code, out, said } = await runWithoutDocker([order]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(said).toMatch(/^There is no Docker: install Docker Engine with compose \([^\n]+\)\.\n$/);
  });
});

/** Compose needs no engine to read its files. */
const hasCompose = await promisify(execFile)("docker", ["compose", "version", "--short"]).then(
  () => true,
  () => false,
);

describe.skipIf(!hasCompose && process.env.OCM_TEST_DOCKER !== "required")(
  "The compose files (needs docker compose)",
  () => {
    const services = async (...words: string[]): Promise<string[]> => {
      const { stdout } = await promisify(execFile)("docker", ["compose", ...words, "config", "--services"]);
      return stdout.trim().split("\n").toSorted();
    };
    const file = (name: string) => ["-f", fileURLToPath(new URL(`./${name}`, import.meta.url))];
    const front = ["alpha-proxy", "balancer", "beta-proxy", "gamma-proxy", "peers"];
    const first = ["alpha-1", "beta-1", "gamma-1"];
    const second = ["alpha-2", "beta-2", "gamma-2"];

    it("are three servers of two processes over a replica set of three", async () => {
      const expected = [...first, ...second, ...front, "mongo-1", "mongo-2", "mongo-3"];
      expect(await services(...file("compose.yaml"))).toEqual(expected.toSorted());
    });

    it("have Prometheus and Jaeger in the profile observe", async () => {
      const all = await services(...file("compose.yaml"), "--profile", "observe");
      expect(all).toEqual(expect.arrayContaining(["jaeger", "prometheus"]));
    });

    it("have one process for each server with SQLite, with a registry or without", async () => {
      const expected = [...first, ...front].toSorted();
      expect(await services(...file("compose.yaml"), ...file("compose.sqlite.yaml"))).toEqual(expected);
      const local = [...file("compose.yaml"), ...file("compose.local.yaml"), ...file("compose.sqlite.yaml")];
      expect(await services(...local)).toEqual(expected);
    });

    it("have one MongoDB-wire server where no registry can be reached", async () => {
      const all = await services(...file("compose.yaml"), ...file("compose.local.yaml"));
      expect(all).toEqual([...first, ...second, ...front, "mongo-1"].toSorted());
    });

    it("let every container run as somebody who is not root, without rights, with limits, and on a root that nobody writes to", async () => {
      const words = [...file("compose.yaml"), "--profile", "observe", "config", "--format", "json"];
      const { stdout } = await promisify(execFile)("docker", ["compose", ...words], { maxBuffer: 4 * 1024 * 1024 });
      const found = JSON.parse(stdout) as { services: Record<string, Record<string, unknown>> };
      for (const [name, service] of Object.entries(found.services)) {
        expect(service, name).toMatchObject({
          read_only: true,
          cap_drop: ["ALL"],
          security_opt: ["no-new-privileges:true"],
          mem_limit: expect.any(String),
          cpus: expect.any(Number),
          pids_limit: expect.any(Number),
          // Ours has its user from the Dockerfile, and is built here.
          image: expect.stringMatching(/^koa-ocm-testbed$|:v?\d+\.\d+\.\d+$/),
        });
        if (service.image !== "koa-ocm-testbed") expect(service.user, name).toMatch(/^[1-9]\d*:[1-9]\d*$/);
        for (const { host_ip: address } of (service.ports ?? []) as { host_ip?: string }[])
          expect(address, name).toBe("127.0.0.1");
      }
    });
  },
);
