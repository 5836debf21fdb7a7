import { randomInt } from "node:crypto";
import type { Account, ServerAddress } from "../roles.ts";

const SERVERS =
  "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega digamma koppa".split(
    " ",
  );
const PEOPLE =
  "alice bob carol dave erin frank grace heidi ivan judy karl lena mike nina oscar peggy quentin rosa sybil trent ursula victor wendy xavier yvonne zoe".split(
    " ",
  );
const ADJECTIVES =
  "amber brave calm early fond green happy jolly kind lucky mild noble quiet rapid silver tidy warm young".split(" ");
const ANIMALS =
  "badger beaver crane dolphin falcon gecko heron ibis koala lemur marten otter panda raven seal tapir wombat zebra".split(
    " ",
  );

/** A server of the demo federation with its one demo account. */
export interface CastMember {
  server: ServerAddress & { port: number };
  displayName: string;
  account: Account;
}

/** Names, ports and accounts of `count` servers. Passwords are new each time. */
export function cast(count: number, basePort: number): CastMember[] {
  return SERVERS.slice(0, count).map((_, index) => castMember(index, basePort + index));
}

/** The server of this place in the cast at a port. Its password is new each time. */
export function castMember(index: number, port: number): CastMember {
  const name = SERVERS[index] ?? `server-${index + 1}`;
  const username = PEOPLE[index] ?? name;
  return {
    // The port of http itself is not part of an origin.
    server: { name, port, origin: new URL(`http://localhost:${port}`).origin },
    displayName: `${username.slice(0, 1).toUpperCase()}${username.slice(1)} on ${name}`,
    account: { username, password: password(), address: `${username}@${new URL(`http://localhost:${port}`).host}` },
  };
}

/** Easy to read out and to type, hard enough for an afternoon on loopback. */
function password(): string {
  const pick = (words: string[]) => words[randomInt(words.length)];
  return `${pick(ADJECTIVES)}-${pick(ANIMALS)}-${randomInt(1000, 10_000)}`;
}
