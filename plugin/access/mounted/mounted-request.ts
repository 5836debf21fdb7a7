import type { AccessContext, ReceivedSharesApi } from "../../api.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import type { Transfers } from "../transfers.ts";

/** What the tree needs of the access to received shares. Each method makes one request to the owner's server, or none. */
export type MountedRemote = Pick<
  ReceivedSharesApi,
  "open" | "stat" | "read" | "write" | "mkdir" | "move" | "copy" | "remove"
>;

/** Who asks for what of their tree of received shares. The caller has authenticated them. */
export interface MountedDeps {
  user: string;
  /** Who acts, as locks remember it: an app password or the person's session. */
  principal: string;
  /** Request id, second factor, and the signal that ends with the client. */
  context: AccessContext;
  remote: MountedRemote;
  store: Pick<Store, "locks" | "notes"> & { incoming: Pick<Store["incoming"], "ofUser" | "get"> };
  system: Pick<System, "now" | "random" | "sleep">;
  /** Path of the tree's address as clients write it, without a slash at the end. Every href begins with it. */
  base: string;
  /** Scheme and host[:port] of this server, which an absolute Destination has to name. */
  origin: string;
  /** Asked again while bytes flow: may this client still read? */
  stillValid(): Promise<boolean>;
  transfers: Transfers;
}
