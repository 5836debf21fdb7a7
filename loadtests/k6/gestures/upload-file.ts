import { needStatus } from "../shared/checks.ts";
import { sendAs } from "../shared/requests.ts";
import type { Person } from "../shared/world.ts";

export const UPLOAD_FILE = "upload-file";

/** A person puts a file into their own folder. */
export async function uploadFile(person: Person, path: string, content: string): Promise<void> {
  const answer = await sendAs(person, { endpoint: UPLOAD_FILE, role: "sender" }, "PUT", `/files${path}`, content);
  needStatus("uploading a file", answer, 200, 201);
}
