import { needStatus } from "../shared/checks.ts";
import { API, sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const ACCEPT_INVITE = "accept-invite";

/** A person accepts the invite of somebody on another server. */
export async function acceptInvite(person: Person, invite: string): Promise<void> {
  const place = { endpoint: ACCEPT_INVITE, role: "receiver" } as const;
  const answer = await sendAs(person, place, "POST", `${API}/contacts`, { invite });
  needStatus("accepting an invite", answer, 200, 201, 202);
}
