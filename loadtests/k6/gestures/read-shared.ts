import { holds, needStatus } from "../shared/checks.ts";
import { API, sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const READ_SHARED = "read-shared";

/** A person reads a shared file, through their own server, and finds what was written. */
export async function readShared(person: Person, id: string, content: string): Promise<void> {
  const place = { endpoint: READ_SHARED, role: "receiver" } as const;
  const answer = await sendAs(person, place, "GET", `${API}/shares/received/${id}/content`);
  needStatus("reading a shared file", answer, 200);
  holds("the shared file has what was written", answer.body === content);
}
