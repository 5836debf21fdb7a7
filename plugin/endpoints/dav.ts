import { stillOpen } from "../access/authorize.ts";
import { errorReply as davRefusal } from "../access/dav/error-reply.ts";
import { serveShare } from "../access/dav/serve-share.ts";
import { copyTurns } from "../access/dav/tree/copy-turns.ts";
import { recentMoves } from "../access/dav/tree/recent-moves.ts";
import { openShare } from "../access/open-share.ts";
import type { Transfers } from "../access/transfers.ts";
import { filesTree } from "../access/tree-names.ts";
import { OcmError } from "../protocol/errors.ts";
import type { SharingContext } from "../sharing/context.ts";
import type { Reply, Route } from "./route.ts";

/** Where the WebDAV resources of shares live. */
export interface DavPlace {
  /** Path of the prefix as clients write it, without a slash at the end. */
  publicPrefix: string;
  /** Scheme and host[:port] of this server. */
  origin: string;
}

/** The resources of shares, for whoever holds a token or secret (draft section 9, RFC 4918). */
export function davRoutes(context: SharingContext, transfers: Transfers, place: DavPlace): Route[] {
  const moves = recentMoves(context.system);
  const turns = copyTurns();
  return ["/dav", "/dav/*path"].map((path) => ({
    method: "ALL",
    base: "prefix",
    path,
    body: { kind: "stream" },
    access: { kind: "share" },
    summary: "Use the resource of a share over WebDAV",
    reference: "draft section 9, RFC 4918",
    async handle(call): Promise<Reply> {
      const { store, sealer, system, host } = context;
      // A fragment never comes from a client that knows HTTP; without it the request would be about something else.
      if (call.request.url?.includes("#")) throw new OcmError("path-invalid");
      const { authorization } = call.request.headers;
      const rest = call.rawPath.slice("/dav".length);
      const opened = await openShare(rest, place.publicPrefix, {
        authorization,
        store: store.outgoing,
        sealer,
        now: system.now(),
      });
      const { id, epoch } = opened.share;
      const stillValid = stillOpen(opened.share, store, system);
      const { method, headers, request, signal } = call;
      return serveShare(
        { method, path: opened.path, headers, body: request, gone: signal },
        {
          files: host.files,
          share: opened.share,
          tree: filesTree(opened.share.user),
          store,
          principal: opened.share.id,
          moves,
          turns,
          base: opened.base,
          origin: place.origin,
          system,
          stillValid,
          guard: (stream) => transfers.watch(stream, `${id}:${epoch}`, stillValid),
        },
      );
    },
    refuse: davRefusal,
  }));
}
