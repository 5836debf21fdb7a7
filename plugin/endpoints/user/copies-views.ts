import { z } from "zod";
import type { CopyView } from "../../api.ts";
import * as schemas from "./schemas.ts";
import { time } from "./views.ts";

const when = z.iso.datetime().describe("RFC 3339, in UTC.");

/** A copy, as the user API answers with it. */
export const copy = z
  .object({
    id: z.string(),
    share: z.string().describe("Id of the received share."),
    direction: z.enum(["from-share", "to-share"]),
    remotePath: z.string().describe("Relative to the share; empty for the share itself."),
    localPath: z.string().describe("Absolute path in my own files."),
    status: z.enum(["running", "done", "failed", "cancelled"]),
    reason: schemas.contact.shape.reason.describe("Why it failed, or why it waits to go on."),
    filesDone: z.number().int(),
    bytesDone: z.number().int().describe("Those of the file that is under way count."),
    filesTotal: z.number().int().nullable().describe("Null as long as it is not known."),
    bytesTotal: z.number().int().nullable().describe("Null as long as it is not known."),
    current: z.string().nullable().describe("The file that is under way, relative to what is copied."),
    createdAt: when,
    endedAt: when.nullable(),
  })
  .meta({ title: "Copy" });

export function copyView(view: CopyView): z.infer<typeof copy> {
  const { reason } = view;
  return {
    id: view.id,
    share: view.share,
    direction: view.direction,
    remotePath: view.remotePath,
    localPath: view.localPath,
    status: view.status,
    reason: reason && { code: reason.code, message: reason.message, at: time(reason.at), status: reason.status },
    filesDone: view.filesDone,
    bytesDone: view.bytesDone,
    filesTotal: view.filesTotal,
    bytesTotal: view.bytesTotal,
    current: view.current,
    createdAt: time(view.createdAt),
    endedAt: view.endedAt === null ? null : time(view.endedAt),
  };
}
