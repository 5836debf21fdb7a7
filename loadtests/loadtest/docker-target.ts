import { join } from "node:path";
import { composeFor } from "../../testbed/docker/compose.ts";
import { RECIPIENTS } from "../../testbed/docker/image/recipients.ts";
import { PORTS } from "../../testbed/docker/image/settings.ts";
import { peersClient } from "../../testbed/docker/peers/client.ts";
import { AUTHORITY_FILE, readState, STATE_FOLDER } from "../../testbed/docker/state.ts";
import { BadFlags } from "../../testbed/launcher/words.ts";
import { peersInDocker } from "./docker-peers.ts";
import { never, type Target } from "./target.ts";

/** The servers that `npm run testbed:docker -- up` has started. It ends them, too. @throws BadFlags when they are not up */
export async function dockerTarget(): Promise<Target> {
  const state = await readState();
  if (state === null) throw new BadFlags("The Docker testbed is not up: npm run testbed:docker -- up starts it.");
  const place = `127.0.0.1:${state.port}`;
  const port = await composeFor(state).port("peers", PORTS.control);
  return {
    name: `docker, ${state.database}`,
    servers: state.servers.map(({ name, origin, account, lister }) => ({
      name,
      origin,
      ...account,
      lister: { origin, ...lister },
    })),
    recipients: RECIPIENTS,
    peers: peersInDocker(peersClient(port, state.token), join(STATE_FOLDER, "peer-keys.json")),
    ca: AUTHORITY_FILE,
    hosts: Object.fromEntries(state.servers.map(({ host }) => [`${host}:443`, place])),
    cpuSeconds: () => undefined,
    ended: never,
    close: async () => undefined,
  };
}
