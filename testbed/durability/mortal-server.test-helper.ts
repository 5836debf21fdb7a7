import { type ChildProcess, fork } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ARMED, type Death, type Orders } from "../faults/hooks/orders.ts";
import { databaseOf } from "../launcher/federation.ts";
import { type Account, httpRole, type Role } from "../roles.ts";
import { CONFIG_VARIABLE, type ServerConfig } from "../server/config.ts";
import { closeServers, listen, PortTaken } from "../server/listen.ts";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const MAIN = here("../server/main.ts");
const HOOKS = new URL("../faults/hooks/preload.ts", import.meta.url).href;
/** Compiled code is kept between starts: a start takes half a second then. */
const COMPILED = here("../../node_modules/.cache/koa-ocm/compiled");

export const PASSWORD = "quiet-otter-1234";

/** How a process ended, and all that it wrote to standard error. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  said: string;
}

/** A demo server, as a process that can be made to die, and started again with the same data. */
export interface MortalServer {
  origin: string;
  /** Canonical host[:port]. */
  host: string;
  config: ServerConfig;
  account: Account;
  role: Role;
  /** Starts it and resolves when it answers. @throws Error when it ends instead */
  start(): Promise<void>;
  /** Starts it and resolves when it has ended: for what must be refused. */
  startInVain(): Promise<Ended>;
  /** From now on it dies when this is reached; resolves when it knows. */
  arm(death: Death): Promise<void>;
  /** From now on it suffers from this, and from nothing that it was told before; resolves when it knows. */
  suffer(orders: Orders): Promise<void>;
  /** Resolves when the process that runs now has ended, whatever the reason. */
  ended(): Promise<Ended>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<Ended>;
}

export interface MortalOptions {
  name: string;
  username: string;
  /** Everything of this server is kept in a folder of its name below this. */
  folder: string;
  /** As `npm start --database`: a MongoDB server; absent: SQLite. */
  mongodb?: string | undefined;
  port?: number;
}

/** Names a server and gives it a port; it does not run yet. */
export async function mortalServer({ name, username, folder, mongodb, port }: MortalOptions): Promise<MortalServer> {
  const ownPort = port ?? (await freePort());
  const host = `localhost:${ownPort}`;
  const origin = `http://${host}`;
  const account = { username, password: PASSWORD, address: `${username}@${host}` };
  const config: ServerConfig = {
    name,
    port: ownPort,
    dataDir: join(folder, name),
    ...(mongodb === undefined ? {} : { database: databaseOf(mongodb, name) }),
    users: [{ id: username, displayName: username, password: PASSWORD }],
    peers: { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } },
    log: "file",
  };
  let child: ChildProcess | undefined;
  let ending: Promise<Ended> = Promise.reject(new Error(`${name} has never run.`));
  ending.catch(() => undefined);

  function launch(): ChildProcess {
    const launched = fork(MAIN, {
      execArgv: ["--import", HOOKS],
      env: { ...process.env, [CONFIG_VARIABLE]: JSON.stringify(config), NODE_COMPILE_CACHE: COMPILED },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let said = "";
    launched.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child = launched;
    ending = new Promise((resolve) =>
      launched.once("close", (code, signal) => resolve({ code, signal, said: said.trim() })),
    );
    return launched;
  }

  /** Resolves with the next such message of the process. @throws Error when it ends instead */
  async function answer(of: ChildProcess, isMeant: (message: unknown) => boolean = () => true): Promise<void> {
    const message = new Promise<void>((resolve) => {
      of.on("message", function hear(heard) {
        if (!isMeant(heard)) return;
        of.off("message", hear);
        resolve();
      });
    });
    const end = ending.then(({ code, signal, said }) => {
      throw new Error(`${name} ended (${signal ?? code}) instead of answering. ${said}`);
    });
    await Promise.race([message, end]);
  }

  async function suffer(orders: Orders): Promise<void> {
    if (child === undefined) throw new Error(`${name} does not run.`);
    const armed = answer(child, (message) => message === ARMED);
    child.send({ orders });
    await armed;
  }

  return {
    origin,
    host,
    config,
    account,
    role: httpRole({ name, origin }, account),
    async start() {
      await mkdir(config.dataDir, { recursive: true });
      await answer(launch());
    },
    async startInVain() {
      await mkdir(config.dataDir, { recursive: true });
      launch();
      return await ending;
    },
    arm: (death) => suffer({ deaths: [death] }),
    suffer,
    ended: () => ending,
    async kill() {
      child?.kill("SIGKILL");
      await ending;
    },
    async stop() {
      child?.kill("SIGTERM");
      return await ending;
    },
  };
}

const given = new Set<number>();

/** A free port below those that the system hands out by itself, so that it is free again after each end of its server. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 5000);
    if (given.has(port)) continue;
    given.add(port);
    try {
      await closeServers((await listen(port, () => undefined)).servers);
      return port;
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error;
    }
  }
}
