import { Readable } from "node:stream";
import { z } from "zod";
import type { AccessContext, ReceivedSharesApi, RemoteEntry, RemoteListing } from "../../api.ts";
import type { Call, Reply, Route } from "../route.ts";
import { parseBody } from "./input.ts";
import { relativePath, remotePath } from "./remote-path.ts";
import { json, noContent } from "./reply.ts";
import * as schemas from "./schemas.ts";
import { JSON_BODY, userRoute } from "./user-route.ts";
import { openedView } from "./views.ts";

const within = relativePath.min(1).describe("Path relative to the share.");
const move = z.strictObject({ from: within, to: within }).meta({ title: "MoveRequest" });

/** Browsing and changing what is in a received share. Each call is one request at most to the server that owns it. */
export function receivedFileRoutes({ received }: { received: ReceivedSharesApi }): Route[] {
  return [
    userRoute({
      method: "GET",
      path: "/shares/received/:id/entries{/*path}",
      summary: "What is at a path of a received share: the entry, and the children of a folder",
      openapi: {
        operationId: "openEntry",
        description:
          "Asks the owner's server by one request. When that has trouble, or takes longer than three seconds, and the entry is known from " +
          "before, the last known one is given, with `stale` set.",
        responses: { 200: { description: "The entry.", schema: schemas.openedEntry } },
      },
      async handle(call) {
        const { user, id, context } = asking(call);
        return listing(await received.open(user, id, remotePath(call), context));
      },
    }),
    userRoute({
      method: "POST",
      path: "/shares/received/:id/folders/*path",
      summary: "Make a folder in a received share",
      openapi: { operationId: "createFolder", responses: { 201: { description: "The folder is there." } } },
      async handle(call) {
        const { user, id, context } = asking(call);
        await received.mkdir(user, id, remotePath(call), context);
        return { status: 201, headers: { "cache-control": "no-store" }, body: null };
      },
    }),
    userRoute({
      method: "POST",
      path: "/shares/received/:id/moves",
      body: JSON_BODY,
      summary: "Move or rename within a received share",
      openapi: {
        operationId: "moveEntry",
        request: move,
        responses: { 204: { description: "It is moved." } },
      },
      async handle(call) {
        const { user, id, context } = asking(call);
        const { from, to } = parseBody(move, call.json);
        await received.move(user, id, from, to, context);
        return noContent();
      },
    }),
  ];
}

/** Children that are put into words at a time. */
const PIECE = 1_000;

/** A folder has as many children as its owner likes: with many, the answer is made while it is sent. */
function listing(found: RemoteListing): Reply {
  const { children } = found;
  if (children === null || children.length <= PIECE) return json(200, openedView(found));
  return {
    status: 200,
    headers: { "cache-control": "no-store", "content-type": "application/json; charset=utf-8" },
    body: Readable.from(pieces(found, children), { objectMode: false }),
  };
}

function* pieces(found: RemoteListing, children: readonly RemoteEntry[]): Generator<string> {
  const { entry, stale } = openedView({ ...found, children: null });
  let text = `{"entry":${JSON.stringify(entry)},"stale":${JSON.stringify(stale)},"children":[`;
  for (let at = 0; at < children.length; at += PIECE) {
    const some = openedView({ ...found, children: children.slice(at, at + PIECE) });
    yield `${text}${JSON.stringify(some.children).slice(1, -1)}`;
    text = ",";
  }
  yield "]}";
}

/** Who asks, for which share, and what the use cases have to know of the request. */
export function asking(call: Call): { user: string; id: string; context: AccessContext } {
  return {
    user: call.user.id,
    id: call.params.id ?? "",
    context: {
      secondFactor: call.user.secondFactor === true,
      requestId: call.requestId,
      signal: call.signal,
    },
  };
}
