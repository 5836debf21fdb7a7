import { fail, sleep } from "k6";
import { needStatus } from "../shared/checks.ts";
import { API, sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const FIND_RECEIVED = "find-received";

const TIMES = 20;
const PAUSE_SECONDS = 0.25;

/** A person looks for a share by its name among the newest, until it is there. @returns its identifier on their server */
export async function findReceived(person: Person, name: string): Promise<string> {
  const place = { endpoint: FIND_RECEIVED, role: "receiver" } as const;
  for (let time = 1; time <= TIMES; time += 1) {
    const answer = await sendAs(person, place, "GET", `${API}/shares/received?limit=50`);
    needStatus("listing what was received", answer, 200);
    const { items } = answer.json() as { items: { id: string; name: string }[] };
    const found = items.find((share) => share.name === name);
    if (found !== undefined) return found.id;
    // k6 stands still meanwhile, as nothing else of this virtual user is under way.
    await sleep(PAUSE_SECONDS);
  }
  return fail(`${name} did not arrive at ${person.address}.`);
}
