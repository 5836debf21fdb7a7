import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { compare, hash, truncates } from "bcryptjs";
import { z } from "zod";
import type { HostUser, HostUsers } from "../../plugin/index.ts";
import { writeWhole } from "../write-file.ts";
import type { UserConfig } from "./config.ts";

/** Of bcrypt: low, so that demo servers start at once. A server with real people takes 12 or more. */
const COST = 8;

const storedUsers = z.array(
  z.object({
    id: z.string(),
    displayName: z.string(),
    email: z.string().optional(),
    secondFactor: z.boolean(),
    passwordHash: z.string(),
  }),
);
type StoredUser = z.infer<typeof storedUsers>[number];

export interface Users extends HostUsers {
  /** The person, if the password is theirs. Takes as long for people who do not exist. */
  verify(id: string, password: string): Promise<{ id: string; secondFactor: boolean } | undefined>;
}

/** The people of a demo server, kept in a JSON file with hashed passwords; those configured are created or brought up to date. */
export async function openUsers(file: string, configured: UserConfig[]): Promise<Users> {
  const people = new Map((await readUsers(file)).map((person) => [person.id, person]));
  for (const person of configured) {
    people.set(person.id, await updated(people.get(person.id), person));
  }
  await writeWhole(file, `${JSON.stringify([...people.values()], null, 2)}\n`, 0o600);

  const nobody = await hash(randomBytes(16).toString("hex"), COST);
  // A program that sends its password with each request would else pay for bcrypt each time.
  const key = randomBytes(32);
  const proven = new Map<string, Buffer>();

  return {
    find: async (id) => hostUser(people.get(id)),
    async search(text, limit) {
      const wanted = text.toLowerCase();
      const fits = (person: StoredUser) =>
        [person.id, person.displayName, person.email ?? ""].some((value) => value.toLowerCase().includes(wanted));
      return [...people.values()]
        .filter(fits)
        .slice(0, limit)
        .flatMap((person) => hostUser(person) ?? []);
    },
    async verify(id, password) {
      const person = people.get(id);
      const proof = createHmac("sha256", key).update(`${person?.passwordHash}\0${password}`).digest();
      const known = proven.get(id);
      if (person && known && timingSafeEqual(known, proof)) {
        return { id, secondFactor: person.secondFactor };
      }
      const right = !truncates(password) && (await compare(password, person?.passwordHash ?? nobody));
      if (!person || !right) {
        return undefined;
      }
      proven.set(id, proof);
      return { id, secondFactor: person.secondFactor };
    },
  };
}

async function readUsers(file: string): Promise<StoredUser[]> {
  try {
    return storedUsers.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [];
    }
    throw error;
  }
}

async function updated(stored: StoredUser | undefined, person: UserConfig): Promise<StoredUser> {
  const { id, displayName, email, password, secondFactor = false } = person;
  if (password !== undefined && truncates(password)) {
    throw new Error(`The password of ${id} is longer than bcrypt can tell apart.`);
  }
  const passwordHash = password === undefined ? stored?.passwordHash : await hash(password, COST);
  if (passwordHash === undefined) {
    throw new Error(`${id} needs a password.`);
  }
  return { id, displayName, ...(email === undefined ? {} : { email }), secondFactor, passwordHash };
}

function hostUser(person: StoredUser | undefined): HostUser | undefined {
  if (!person) {
    return undefined;
  }
  const { id, displayName, email } = person;
  return { id, displayName, ...(email === undefined ? {} : { email }) };
}
