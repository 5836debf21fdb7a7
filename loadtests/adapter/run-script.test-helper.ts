import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** What the script said by `console.log("SEEN", name, JSON.stringify(value))`, by name; the last one counts. */
  seen: Record<string, unknown>;
  /** What it said so, all of it. */
  all: Record<string, unknown[]>;
}

/** Runs a script in the adapter, as a process of its own. `files` stand beside it. */
export async function runText(
  script: string,
  {
    environment = {},
    files = {},
    interruptAfterMs,
  }: { environment?: Record<string, string>; files?: Record<string, string>; interruptAfterMs?: number } = {},
): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-adapter-"));
  try {
    for (const [name, content] of Object.entries({ "script.ts": script, ...files })) {
      await writeFile(join(folder, name), content);
    }
    const pairs = Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const child = spawn(process.execPath, [MAIN, "run", "--quiet", ...pairs, join(folder, "script.ts")], {
      cwd: folder,
    });
    let stdout = "";
    let stderr = "";
    let isInterrupted = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      // The script says when it is under way.
      if (interruptAfterMs === undefined || isInterrupted || !text.includes("UNDER WAY")) return;
      isInterrupted = true;
      setTimeout(() => child.kill("SIGINT"), interruptAfterMs);
    });
    const code = await new Promise<number>((resolve) => child.once("close", (ended) => resolve(ended ?? -1)));
    const all: Ran["all"] = {};
    for (const [, name = "", json = ""] of stderr.matchAll(/^INFO SEEN (\S+) (.*)$/gm)) {
      all[name] = [...(all[name] ?? []), JSON.parse(json)];
    }
    const seen = Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.at(-1)]));
    return { code, stdout, stderr, seen, all };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A server on loopback. */
export async function serve(listener: RequestListener): Promise<{ origin: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers what it was asked; `/status/404`, `/redirect/2`, `/cookie` and `/slow/100` do what they say. */
export const echo: RequestListener = async (request, response) => {
  const body = await bodyOf(request);
  const [, what = "", value = ""] = (request.url ?? "").split("/");
  if (what === "status") {
    response.writeHead(Number(value), { "content-type": "text/plain", "x-two": ["a", "b"] }).end("A status.");
  } else if (what === "redirect" && Number(value) > 0) {
    response.writeHead(302, { location: `/redirect/${Number(value) - 1}` }).end();
  } else if (what === "cookie") {
    response.setHeader("set-cookie", "a=b").end("A cookie.");
  } else if (what === "slow") {
    setTimeout(() => response.end("late"), Number(value));
  } else {
    const { method, headers, url } = request;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ method, url, headers, body: body.toString(), bytes: body.length, deep: { list: [{ x: 7 }] } }),
    );
  }
};

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
