import { AUTHORITY_FILE, readState } from "../../testbed/docker/state.ts";
import { BadFlags } from "../../testbed/launcher/words.ts";
import { never, type Target } from "./target.ts";

/** The servers that `npm run testbed:docker -- up` has started. It ends them, too. @throws BadFlags when they are not up */
export async function dockerTarget(): Promise<Target> {
  const state = await readState();
  if (state === null) throw new BadFlags("The Docker testbed is not up: npm run testbed:docker -- up starts it.");
  const place = `127.0.0.1:${state.port}`;
  return {
    name: `docker, ${state.database}`,
    servers: state.servers.map(({ name, origin, account }) => ({ name, origin, ...account })),
    // They trust each other and nobody else, so no script can be a server of its own.
    recipients: 0,
    peers: null,
    ca: AUTHORITY_FILE,
    hosts: Object.fromEntries(state.servers.map(({ host }) => [`${host}:443`, place])),
    cpuSeconds: () => undefined,
    ended: never,
    close: async () => undefined,
  };
}
