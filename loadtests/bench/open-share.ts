import { accessTokenFor } from "./access-token.ts";
import { signingOf } from "./generator/signed-post.ts";
import type { OpenShare } from "./paths/path.ts";
import type { Peer } from "./peer.ts";
import type { Child } from "./process/children.ts";
import type { OursCalls } from "./servers/ours.ts";

/** The server under test, when it is up, and who takes its shares. */
export interface Sharing {
  server: Child<OursCalls>;
  origin: string;
  peer: Peer;
}

/** Lets the server share a file or folder with somebody at the peer, who exchanges the secret for an access token. */
export async function shareAt(
  { server, origin, peer }: Sharing,
  path: string,
  permissions: readonly ("read" | "write")[],
): Promise<OpenShare> {
  await server.call("share", { path, permissions: [...permissions], peer: peer.identity.host });
  const { uri = "", sharedSecret = "" } = peer.shares.at(-1) ?? {};
  const accessToken = await accessTokenFor(sharedSecret, origin, signingOf(peer.identity));
  return { path: new URL(uri, `${origin}/ocm/dav/`).pathname.replace(/\/$/, ""), accessToken };
}
