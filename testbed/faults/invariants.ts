import { caller, Refused } from "../http.ts";
import { entranceOf, type Role, type RoleReceivedShare, type RoleSentShare } from "../roles.ts";
import type { Promised } from "../scenarios/patient.ts";
import { eventually } from "../scenarios/steps.ts";
import { headerOf, type Message } from "./message.ts";

/**
 * Milliseconds that the books may take to agree, once nothing is in the way any more: a message that has failed seven times waits for more than
 * two minutes.
 */
const SETTLING = 300_000;

/** How a received share has to stand, as its status and who ended it, for each status of the share that was sent. */
export const COUNTERPART: Record<string, readonly string[]> = {
  pending: ["pending"],
  accepted: ["accepted"],
  declined: ["declined person", "ended person"],
  rejected: ["none"],
  // Where the end came first, the receiver has never heard of the share.
  revoked: ["ended owner", "none"],
  expired: ["ended expiry", "ended owner", "none"],
};
const OVER = new Set(["declined", "rejected", "revoked", "expired"]);

/**
 * What must hold when a scenario is over and all faults are healed, whatever happened: nothing waits to be told, the books of both
 * sides agree with every effect there once, what was answered with success has its effect, and what has ended is closed, also to whoever
 * holds a credential that was once good.
 *
 * @param promised what people were answered with success
 * @throws Error with what does not hold
 */
export async function invariants(
  roles: Role[],
  messages: Omit<Message, "from">[],
  promised: readonly Promised[] = [],
): Promise<void> {
  await settled(roles, SETTLING);
  const broken = [...(await lostMessages(roles, messages)), ...(await lostDeeds(promised))];
  if (broken.length > 0) throw new Error(`Something was answered with success and is not there: ${broken.join("; ")}.`);
  for (const role of roles) {
    for (const { id, name, status } of await role.received()) {
      if (status === "ended" || status === "declined") await mustBeRefused(`“${name}”`, () => role.read(id, ""));
    }
    for (const { id, name, status } of await role.allSent()) {
      if (OVER.has(status)) await credentialsClosed(role, id, name, messages);
    }
  }
}

/** Waits until nothing has to be told any more and the books of all agree. @throws Error with what still differs */
export async function settled(roles: Role[], longestMs: number): Promise<void> {
  let found: string[] = [];
  await eventually(
    "the books",
    async () => {
      found = await disagreements(roles);
      return found.length === 0 || undefined;
    },
    longestMs,
  ).catch((error) => {
    if (found.length === 0) throw error;
    throw new Error(`The books do not agree ${longestMs / 1000} s after the last fault: ${found.join("; ")}.`);
  });
}

async function lostDeeds(promised: readonly Promised[]): Promise<string[]> {
  const found = await Promise.all(
    promised.map(async ({ what, missing }) => {
      const matter = await missing();
      return matter === null ? [] : [`${what}: ${matter}`];
    }),
  );
  return found.flat();
}

/** Shares that a server took from another one by an answer of success, whoever got to see that answer. */
async function lostMessages(roles: Role[], messages: Omit<Message, "from">[]): Promise<string[]> {
  const found: string[] = [];
  for (const role of roles) {
    const taken = messages.filter(
      ({ to, method, path, status }) =>
        to === role.server.name && method === "POST" && path.endsWith("/shares") && status === 201,
    );
    const names = new Set((await role.received()).map(({ name }) => name));
    for (const name of new Set(taken.map(({ requestBody }) => nameIn(requestBody)))) {
      if (!names.has(name)) found.push(`${role.server.name} took “${name}” and has it not`);
    }
  }
  return found;
}

function nameIn(body: Buffer): string {
  const { name } = JSON.parse(body.toString("utf8")) as { name: string };
  return name;
}

/** What the books of these people do not agree on, one sentence each. Every share has a name of its own. */
export async function disagreements(roles: Role[]): Promise<string[]> {
  const books = await Promise.all(
    roles.map(async (role) => {
      const [sent, received, contacts] = await Promise.all([role.allSent(), role.received(), role.contacts()]);
      return { role, sent, received, contacts };
    }),
  );
  const found: string[] = [];
  const allSent = books.flatMap(({ sent }) => sent);
  const allReceived = books.flatMap(({ received }) => received);
  for (const { role, contacts } of books) {
    const names = contacts.filter(({ status }) => status !== "removed").map(({ address }) => address);
    if (new Set(names).size < names.length) found.push(`${role.address} has a contact twice`);
    for (const { status } of contacts) {
      if (status !== "active" && status !== "removed") found.push(`a contact of ${role.address} is ${status}`);
    }
    for (const address of names) {
      const other = books.find((one) => one.role.address === address);
      if (other !== undefined && !other.contacts.some((contact) => contact.address === role.address)) {
        found.push(`${role.address} has ${address} as a contact, and not the other way round`);
      }
    }
  }
  for (const share of allReceived) found.push(...untold(share));
  for (const share of allSent) {
    found.push(...unlike(share, allReceived));
    if (!isSaidAgain(share, allReceived)) found.push(...untold(share));
  }
  for (const { name } of allReceived) {
    const origins = allSent.filter((share) => share.name === name).length;
    if (origins !== 1) found.push(`“${name}” was received, and sent ${origins} times`);
  }
  return found;
}

/**
 * The word of an end of a share that its receiver does not have was answered so, and is said once more minutes later, in case the share
 * itself was still under way.
 */
function isSaidAgain({ name, status, deliveries }: RoleSentShare, received: RoleReceivedShare[]): boolean {
  const isUnknown = received.every((share) => share.name !== name);
  return OVER.has(status) && isUnknown && deliveries.every(({ attempts }) => attempts > 0);
}

function untold({ name, deliveries }: RoleSentShare | RoleReceivedShare): string[] {
  return deliveries.map(({ type, detail }) => `“${name}” waits to tell ${`${type} ${detail}`.trim()}`);
}

function unlike({ name, status }: RoleSentShare, received: RoleReceivedShare[]): string[] {
  const partners = received.filter((share) => share.name === name);
  const [partner = { status: "none", endedBy: null }] = partners;
  const state = [partner.status, ...(partner.endedBy === null ? [] : [partner.endedBy])].join(" ");
  return [
    ...(partners.length > 1 ? [`“${name}” was received ${partners.length} times`] : []),
    ...(COUNTERPART[status]?.includes(state)
      ? []
      : [`“${name}” is ${status} at the sender and ${state} at the receiver`]),
  ];
}

/** Whoever wrote down what went over the wire gets nothing with it. */
async function credentialsClosed(
  sender: Role,
  share: string,
  name: string,
  messages: Omit<Message, "from">[],
): Promise<void> {
  const seen = new Map<string, string>();
  for (const { to, path, requestHeaders, status } of messages) {
    const authorization = headerOf(requestHeaders, "authorization");
    const isUse = to === sender.server.name && path.includes(`/dav/${share}`) && status !== null && status < 300;
    if (isUse && authorization !== undefined) seen.set(authorization, path);
  }
  const { send } = caller(() => entranceOf(sender.server));
  for (const [authorization, path] of seen) {
    await mustBeRefused(`“${name}” with a credential that was good`, () =>
      send("GET", path, { headers: { authorization } }),
    );
  }
}

async function mustBeRefused(what: string, attempt: () => Promise<unknown>): Promise<void> {
  const refusal = await attempt().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refusal === undefined) throw new Error(`${what} can still be opened.`);
  if (!(refusal instanceof Refused)) throw refusal;
}
