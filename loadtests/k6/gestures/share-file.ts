import { needStatus } from "../shared/checks.ts";
import { API, sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const SHARE_FILE = "share-file";

/** The share as its sender sees it. */
export interface SentShare {
  id: string;
  /** `pending` once the other server has it. */
  status: string;
}

/** A person shares a file or folder with the person at an OCM Address. */
export async function shareFile(
  person: Person,
  path: string,
  shareWith: string,
  endpoint: string = SHARE_FILE,
): Promise<SentShare> {
  const place = { endpoint, role: "sender" } as const;
  const answer = await sendAs(person, place, "POST", `${API}/shares/sent`, { path, shareWith, permissions: ["read"] });
  needStatus("sharing", answer, 201, 202);
  return { id: String(answer.json("id")), status: String(answer.json("status")) };
}
