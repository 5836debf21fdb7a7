import type { RequestListener, Server } from "node:http";
import Koa, { type Middleware } from "koa";
import { pino } from "pino";
import {
  createOcm,
  type DecisionEvent,
  type DeliveryEvent,
  type HostHooks,
  type Ocm,
  type OcmOptions,
  type RequestEvent,
} from "../../plugin/index.ts";
import { closeServers, listen } from "../server/listen.ts";
import type { Clock, movedClock } from "./clock.test-helper.ts";
import { machineWith } from "./clock.test-helper.ts";
import { type Account, type FlowHost, flowHost } from "./host.test-helper.ts";
import { type Exchange, tapped } from "./http.test-helper.ts";
import { type Person, person } from "./person.test-helper.ts";

/** How a flow server differs from the demo servers. */
export interface FlowServerOptions {
  ocm?: Partial<Omit<OcmOptions, "origin" | "database" | "host" | "system" | "logger">>;
  hooks?: HostHooks;
  /** Koa middleware that comes before the plugin. */
  before?: Middleware;
}

/** A real server with the plugin in it, in this process. */
export interface FlowServer {
  name: string;
  origin: string;
  /** host:port of its OCM Addresses. */
  host: string;
  ocm(): Ocm;
  files: FlowHost["files"];
  accounts: Map<string, Account>;
  /** Everything that it logged, at the lowest level and without redaction, and everything that it told its listeners. */
  told: string[];
  decisions: DecisionEvent[];
  deliveries: DeliveryEvent[];
  requests: RequestEvent[];
  /** Opens an account. */
  person(account?: Partial<Account>): Promise<Person>;
  /** Stops listening, as when the machine is gone: connections are refused. The plugin goes on. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Ends the plugin and begins anew on the same database, with other options if there are any. */
  restart(options?: FlowServerOptions): Promise<void>;
  close(): Promise<void>;
}

export interface FlowServerPlace {
  name: string;
  database: string;
  folder: string;
  clock: ReturnType<typeof movedClock> & Clock;
  seen(exchange: Exchange): void;
}

/** Peers of a flow server are on this machine, without TLS: its only relaxation, as with the demo servers. */
const PEERS: OcmOptions["peers"] = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } };

export async function startFlowServer(place: FlowServerPlace, options: FlowServerOptions): Promise<FlowServer> {
  const { name, clock } = place;
  // The port has to be known before the plugin is made, since its addresses have it.
  let listener: RequestListener = (_req, res) => res.writeHead(503).end();
  const handle: RequestListener = tapped(name, (req, res) => listener(req, res), place.seen);
  const first = await listen(0, handle);
  const { port } = first;
  let servers: Server[] = first.servers;
  const host = `localhost:${port}`;
  const origin = `http://${host}`;
  const flow = flowHost(place.folder, options.hooks);
  const told: string[] = [];
  const logger = pino({ level: "trace", base: { server: name } }, { write: (line: string) => void told.push(line) });
  let people = 0;
  const events = {
    decisions: [] as DecisionEvent[],
    deliveries: [] as DeliveryEvent[],
    requests: [] as RequestEvent[],
  };

  const open = async ({ ocm: more = {}, hooks, before }: FlowServerOptions) => {
    const system = machineWith(clock);
    const ocm = await createOcm({
      origin,
      name,
      peers: PEERS,
      ...more,
      database: place.database,
      host: hooks === undefined ? flow : { ...flow, hooks },
      logger,
      system,
    });
    const remember = (kind: string, event: object) => void told.push(JSON.stringify({ kind, ...event }));
    ocm.events.on("decision", (event) => void events.decisions.push(event));
    ocm.events.on("delivery", (event) => void events.deliveries.push(event));
    ocm.events.on("request", (event) => void events.requests.push(event));
    for (const kind of ["decision", "delivery", "request"] as const) {
      ocm.events.on(kind, (event: object) => remember(kind, event));
    }
    const app = new Koa();
    app.silent = true;
    if (before !== undefined) app.use(before);
    app.use(ocm.middleware());
    listener = app.callback();
    return {
      ocm,
      async close() {
        await ocm.close();
        await system.close();
      },
    };
  };
  let running = await open(options);
  const down = async () => {
    const closing = servers;
    servers = [];
    await closeServers(closing, 0);
  };

  return {
    name,
    origin,
    host,
    ocm: () => running.ocm,
    files: flow.files,
    accounts: flow.accounts,
    told,
    ...events,
    async person(account = {}) {
      people += 1;
      const opened = await flow.open({ id: `${name}-${people}`, ...account });
      return person(opened, { origin, host }, flow.files);
    },
    down,
    async up() {
      ({ servers } = await listen(port, handle));
    },
    async restart(other = options) {
      await running.close();
      running = await open(other);
    },
    async close() {
      await down();
      await running.close();
    },
  };
}
