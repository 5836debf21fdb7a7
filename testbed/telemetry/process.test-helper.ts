import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CONFIG_VARIABLE, type ServerConfig } from "../server/config.ts";
import { closeServers, listen } from "../server/listen.ts";

const MAIN = fileURLToPath(new URL("../server/main.ts", import.meta.url));

/** A demo server as a process with an environment of its own. */
export interface DemoServer {
  name: string;
  origin: string;
  /** Resolves when it answers. @throws Error when it ends instead */
  ready(): Promise<void>;
  /** SIGTERM. Resolves when it has ended: its exit code, and all that it wrote to standard error. */
  stop(): Promise<Ended>;
  /** Resolves when it has ended by itself. */
  ended: Promise<Ended>;
}

interface Ended {
  code: number | null;
  said: string;
}

export async function freePort(): Promise<number> {
  const { servers, port } = await listen(0, () => {});
  await closeServers(servers);
  return port;
}

/** Starts one. `preload` is the URL of a module that it loads before all others. */
export async function demoServer(
  folder: string,
  name: string,
  environment: Record<string, string>,
  preload?: string,
): Promise<DemoServer> {
  const port = await freePort();
  const config: ServerConfig = { name, port, dataDir: join(folder, name), users: [], log: "file" };
  const child = fork(MAIN, {
    env: { ...process.env, ...environment, [CONFIG_VARIABLE]: JSON.stringify(config) },
    execArgv: preload === undefined ? [] : ["--import", preload],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const answered = once(child, "message");
  const ended = once(child, "close").then(([code]): Ended => ({ code, said: said.trim() }));
  return {
    name,
    origin: `http://localhost:${port}`,
    async ready() {
      const early = ended.then((end) => Promise.reject(new Error(`${name} ended: ${end.said}`)));
      early.catch(() => undefined);
      await Promise.race([answered, early]);
    },
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
    ended,
  };
}
