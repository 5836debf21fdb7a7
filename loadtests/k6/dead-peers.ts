import exec from "k6/execution";
import { shareFile } from "./gestures/share-file.ts";
import { UPLOAD_FILE, uploadFile } from "./gestures/upload-file.ts";
import { hasStatus } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf, profileOfRun, shortenOfRun } from "./shared/options.ts";
import { scenarioOf } from "./shared/profiles.ts";
import { API, send, sendAs } from "./shared/requests.ts";
import { summaryOf } from "./shared/summary.ts";

const { servers, deadHosts, run } = readWorld();
const [server] = servers;
const name = `dead-peers-${run}.txt`;

/**
 * A storm of dead peers: people share with servers that refuse connections or never answer. Beside it, others use the same
 * server, and must not notice.
 */
export const options = optionsOf({
  // Half of the servers never answer, and a person waits for two seconds until the server goes on by itself.
  load: { kind: "rate", perSecond: 20, smokePerSecond: 10, lasts: 2.5 },
  endpoints: { [UPLOAD_FILE]: 1000, "share-with-dead": 3000, "beside-discovery": 250, "beside-list": 500 },
  more: {
    scenarios: {
      beside: {
        ...scenarioOf(profileOfRun(), { kind: "rate", perSecond: 50, smokePerSecond: 20 }, shortenOfRun()),
        exec: "beside",
      },
    },
  },
});
export const handleSummary = summaryOf("dead-peers");

export async function setup(): Promise<void> {
  if (server !== undefined) await uploadFile(server, `/${name}`, "A file for nobody.\n");
}

export default async function (): Promise<void> {
  if (server === undefined) return;
  const number = exec.scenario.iterationInTest;
  const host = deadHosts[number % deadHosts.length];
  await shareFile(server, `/${name}`, `nobody-${run}-${number}@${host}`, "share-with-dead");
}

/** What everybody else does meanwhile. */
export async function beside(): Promise<void> {
  if (server === undefined) return;
  const url = `${server.origin}/.well-known/ocm`;
  hasStatus("discovery meanwhile", await send({ endpoint: "beside-discovery", role: "server" }, "GET", url), 200);
  const place = { endpoint: "beside-list", role: "sender" } as const;
  hasStatus("a list meanwhile", await sendAs(server, place, "GET", `${API}/shares/sent?limit=20`), 200);
}
