import type { OfferedGroup, WayfServers } from "../ports/wayf.ts";
import { sameHost } from "../protocol/address.ts";
import { OcmError } from "../protocol/errors.ts";
import { serverMeant } from "../protocol/server-meant.ts";

/**
 * The server that a visitor chose, or typed: its name, its address, their OCM Address there, or the name under which it is offered.
 * What looks like the name of a host is always that host, whatever an offered server may be called.
 * @returns canonical host[:port]
 * @throws OcmError invalid-fields, invite-own, peer-not-allowed
 */
export function chosenServer(text: string, { offered, anyServer }: WayfServers, ownHost: string): string {
  const typed = text.trim();
  if (typed === "") throw new OcmError("invalid-fields", { message: "You have named no server." });
  const groups = offered();
  const meant = serverMeant(typed);
  const isHost = meant !== null && /[.:]/.test(meant);
  const host = isHost ? meant : (hostOfName(typed, groups) ?? meant);
  if (host === null) throw new OcmError("invalid-fields", { message: "This is not the name of a server." });
  if (sameHost(host, ownHost)) throw new OcmError("invite-own");
  if (!anyServer && !groups.some(({ servers }) => servers.some((server) => server.host === host))) {
    throw new OcmError("peer-not-allowed", { message: "From here only the servers in the list can be reached." });
  }
  return host;
}

/** The host of the one server that is offered under this name. */
function hostOfName(name: string, groups: readonly OfferedGroup[]): string | null {
  const wanted = name.toLowerCase();
  const found = groups.flatMap(({ servers }) => servers.filter((server) => server.name.toLowerCase() === wanted));
  if (found.length > 1) {
    throw new OcmError("invalid-fields", { message: "Several servers have this name: choose one in the list." });
  }
  return found[0]?.host ?? null;
}
