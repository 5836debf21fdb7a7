import { needStatus } from "../shared/checks.ts";
import { API, sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const LIST_RECEIVED = "list-received";

/** A person lists all that they were given, page by page. @returns how many there are */
export async function listReceived(person: Person): Promise<number> {
  const place = { endpoint: LIST_RECEIVED, role: "receiver" } as const;
  let count = 0;
  for (let after = ""; ; ) {
    const answer = await sendAs(person, place, "GET", `${API}/shares/received?limit=100${after}`);
    needStatus("listing a page of what was received", answer, 200);
    const { items, next } = answer.json() as { items: unknown[]; next?: string };
    count += items.length;
    if (next === undefined) return count;
    after = `&after=${encodeURIComponent(next)}`;
  }
}
