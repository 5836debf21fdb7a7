import { needStatus } from "../shared/checks.ts";
import { API, sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const CREATE_INVITE = "create-invite";

/** A person makes an invite. @returns its string, which is given to the other person */
export async function createInvite(person: Person): Promise<string> {
  const place = { endpoint: CREATE_INVITE, role: "sender" } as const;
  const answer = await sendAs(person, place, "POST", `${API}/invites`, { note: "A load test" });
  needStatus("making an invite", answer, 201);
  return String(answer.json("invite"));
}
