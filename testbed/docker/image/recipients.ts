import { randomBytes } from "node:crypto";
import { access } from "node:fs/promises";
import { hash } from "bcryptjs";
import { writeWhole } from "../../write-file.ts";

/** No person has to take more shares than one may have waiting. */
export const RECIPIENTS = 1000;
const CHEAPEST_HASH = 4;

/**
 * Puts people into the data folder of a demo server who can be sent shares and log in nowhere: nobody knows their password. They are
 * called `recipient` and a number. Where there are people already, nothing happens.
 *
 * @param file the `users.json` of the server, before its start
 */
export async function addRecipients(file: string): Promise<void> {
  if (
    await access(file).then(
      () => true,
      () => false,
    )
  )
    return;
  const passwordHash = await hash(randomBytes(16).toString("hex"), CHEAPEST_HASH);
  const people = Array.from({ length: RECIPIENTS }, (_, index) => ({
    id: `recipient${index}`,
    displayName: `Recipient ${index}`,
    secondFactor: false,
    passwordHash,
  }));
  await writeWhole(file, JSON.stringify(people), 0o600);
}
