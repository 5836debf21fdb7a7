import { errorReply } from "../access/dav/error-reply.ts";
import type { DavReply } from "../access/dav/request.ts";
import type { MountedDeps, MountedRemote } from "../access/mounted/mounted-request.ts";
import { isReading, mountedOptions, serveMounted } from "../access/mounted/serve-mounted.ts";
import { authenticatePassword, refuseCredentials } from "../access/passwords/authenticate-password.ts";
import type { Transfers } from "../access/transfers.ts";
import type { HostSession, HostUsers } from "../ports/host.ts";
import type { Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";
import type { Call, Route } from "./route.ts";

export interface RemoteDavDependencies {
  session: Pick<HostSession, "authenticate" | "forgery">;
  users: Pick<HostUsers, "find">;
  remote: MountedRemote;
  store: Pick<Store, "incoming" | "passwords" | "counters" | "locks" | "notes">;
  system: Pick<System, "now" | "random" | "sleep">;
  transfers: Transfers;
  /** Canonical host[:port] of the OCM Addresses here. */
  ownHost: string;
  /** Path of the prefix as clients write it, without a slash at the end. */
  publicPrefix: string;
  /** Scheme and host[:port] of this server. */
  origin: string;
}

/** Where a person's tree of received shares begins, below the prefix. */
export const REMOTE_DAV = "/dav/remote";

/**
 * The shares that a person has accepted, as one WebDAV tree for their own programs (RFC 4918): under the host's session, whose rule against
 * forged requests then holds, or with an app password by HTTP Basic. These rows have to come before those of `davRoutes`.
 */
export function remoteDavRoutes(dependencies: RemoteDavDependencies): Route[] {
  return [REMOTE_DAV, `${REMOTE_DAV}/*path`].map((path) => ({
    method: "ALL",
    base: "prefix",
    path,
    body: { kind: "stream" },
    access: { kind: "open" },
    summary: "Use the received shares over WebDAV, with the host's session or an app password",
    reference: "RFC 4918, RFC 7617",
    async handle(call) {
      // Some clients ask what this is before they ask their user for a password.
      if (call.method === "OPTIONS") return mountedOptions();
      // What follows a fragment is not in the path, so a program that forgets to encode `#` would change the folder above.
      if (call.request.url?.includes("#"))
        throw new OcmError("bad-request", { message: "An address has no fragment." });
      const asking = await whoAsks(dependencies, call);
      call.user = asking.user;
      const { method, headers, request, rawPath } = call;
      const rest = rawPath.slice(REMOTE_DAV.length);
      return serveMounted({ method, path: rest, headers, body: request }, mountedDeps(dependencies, call, asking));
    },
    refuse: challenge,
  }));
}

interface Asking {
  user: Call["user"];
  /** Who acts, as locks remember it. */
  principal: string;
  /** Set where it was an app password. */
  passwordId?: string;
}

/**
 * An app password comes first. What else is in the header may be the host's own, so it counts as a wrong password only where the host
 * does not know it either.
 * @throws OcmError unauthenticated, too-many-requests, forgery-check
 */
async function whoAsks(dependencies: RemoteDavDependencies, call: Call): Promise<Asking> {
  const { authorization } = call.request.headers;
  const byPassword = await authenticatePassword(dependencies, authorization);
  if (byPassword !== undefined) {
    const { user, passwordId } = byPassword;
    return { user: { id: user, secondFactor: false }, principal: `password:${passwordId}`, passwordId };
  }
  const user = await dependencies.session.authenticate(call.context);
  if (user === undefined) throw await refuseCredentials(dependencies, authorization);
  const forgery = isReading(call.method) ? null : dependencies.session.forgery(call.context);
  if (forgery !== null) throw new OcmError("forgery-check", { message: forgery });
  return { user, principal: `session:${user.id}` };
}

function mountedDeps(
  { remote, store, system, transfers, publicPrefix, origin }: RemoteDavDependencies,
  call: Call,
  { user, principal, passwordId }: Asking,
): MountedDeps {
  return {
    user: user.id,
    principal,
    context: { secondFactor: user.secondFactor === true, requestId: call.requestId, signal: call.signal },
    remote,
    store,
    system,
    transfers,
    base: `${publicPrefix}${REMOTE_DAV}`,
    origin,
    stillValid: async () =>
      passwordId === undefined || (await store.passwords.ofUser(user.id)).some(({ id }) => id === passwordId),
  };
}

/** Programs send a password only where they are asked for one in this form. A program that guesses is told to wait instead. */
function challenge(error: OcmError): DavReply {
  const reply = errorReply(error);
  if (reply.status === 401) reply.headers["www-authenticate"] = 'Basic realm="Received shares", charset="UTF-8"';
  reply.headers["cache-control"] = "no-store";
  return reply;
}
