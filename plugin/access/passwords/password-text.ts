import { createHash } from "node:crypto";
import type { System } from "../../ports/system.ts";

/** Letters and digits that cannot be taken for one another. Their number divides 256, so each is as likely as the others. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** 32 characters of five bits each. */
const LENGTH = 32;
const GROUP = 4;
const WELL_FORMED = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);

/** A new password of 160 random bits, in groups of four characters, so that it can be read aloud and typed. */
export function newPassword(system: Pick<System, "random">): string {
  const characters = [...system.random("app-password", LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length] ?? "");
  return grouped(characters.join(""));
}

/** The password as it was shown, however it was typed: in capitals, without hyphens, or with spaces. Undefined for any other text. */
export function readPassword(text: string): string | undefined {
  if (text.length > 2 * LENGTH) return undefined;
  const characters = text.replace(/[\s-]/g, "").toLowerCase();
  return WELL_FORMED.test(characters) ? grouped(characters) : undefined;
}

/**
 * SHA-256 in hex, under which a password is kept and found. A slow hash would protect nothing more, because nobody can try 2^160
 * passwords; and how long the search for a hash takes tells nothing about the password.
 */
export function hashOf(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}

function grouped(characters: string): string {
  return (characters.match(new RegExp(`.{${GROUP}}`, "g")) ?? []).join("-");
}
