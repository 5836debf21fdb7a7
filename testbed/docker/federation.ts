import { readFile } from "node:fs/promises";
import { setWay } from "../http.ts";
import { type Compose, composeFor } from "./compose.ts";
import { PORTS } from "./image/settings.ts";
import { type ProxyClient, proxyClient } from "./proxy/client.ts";
import {
  AUTHORITY_FILE,
  type DockerServer,
  type DockerState,
  forgetState,
  makeState,
  readState,
  type Wishes,
} from "./state.ts";
import { DockerTrouble } from "./troubles.ts";
import { wayTo } from "./way.ts";

/** Lines of each container's log that are shown when the start fails. */
const SHOWN_LINES = 12;

/** A testbed that is up, as this process drives it. */
export interface DockerFederation {
  state: DockerState;
  compose: Compose;
  /** By the name of the server. */
  proxies: ReadonlyMap<string, ProxyClient>;
  /** Requests of people wait for what was asked of the proxies before them. */
  settle(work: () => Promise<void>): Promise<void>;
}

/** @throws DockerTrouble when something is up already, as it seems */
export async function refuseSecond(): Promise<void> {
  if ((await readState()) === null) return;
  throw new DockerTrouble("The Docker testbed is up already; npm run testbed:docker -- down ends it.");
}

/**
 * Builds the image, starts all containers and waits until they are healthy. What was started is ended again where that fails.
 *
 * @param heard is given what the build says
 * @throws DockerTrouble
 */
export async function startContainers(
  wishes: Wishes,
  heard: (text: string) => void,
): Promise<{ state: DockerState; compose: Compose }> {
  const compose = composeFor(wishes);
  const state = await makeState(wishes);
  try {
    await compose.build(heard);
    await compose.up();
  } catch (error) {
    heard(await failures(compose));
    await endContainers(compose);
    throw error;
  }
  return { state, compose };
}

/** Ends and removes whatever there is, and forgets it. */
export async function endContainers(compose: Compose): Promise<void> {
  await compose.down();
  await forgetState();
}

/** Joins a testbed that is up, so that people's requests and orders to the proxies reach it. */
export async function join({ state, compose }: { state: DockerState; compose: Compose }): Promise<DockerFederation> {
  const authority = await readFile(AUTHORITY_FILE, "utf8");
  let settled: Promise<void> = Promise.resolve();
  for (const { host, origin } of state.servers) {
    setWay(
      origin,
      wayTo(host, state.port, authority, () => settled),
    );
  }
  const proxies = new Map<string, ProxyClient>();
  for (const { name } of state.servers) {
    const port = await compose.port(`${name}-proxy`, PORTS.control);
    proxies.set(name, proxyClient(port, state.token));
  }
  return {
    state,
    compose,
    proxies,
    settle(work) {
      const done = settled.then(work);
      settled = done.catch(() => undefined);
      return done;
    },
  };
}

/** The processes of a server, as services of compose. */
export function processesOf({ state }: DockerFederation, name: string): DockerServer["processes"] {
  const server = state.servers.find((one) => one.name === name);
  if (server === undefined) throw new Error(`No server ${name} is in this testbed.`);
  return server.processes;
}

/** What the containers that are not well said last. */
async function failures(compose: Compose): Promise<string> {
  const containers = await compose.containers().catch(() => []);
  const ill = containers.filter(({ isHealthy }) => !isHealthy).map(({ service }) => service);
  return ill.length === 0 ? "" : await compose.logs(ill, SHOWN_LINES).catch(() => "");
}
