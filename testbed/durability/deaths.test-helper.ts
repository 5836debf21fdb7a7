import { subscribe } from "node:diagnostics_channel";
import fs from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { DatabaseSync } from "node:sqlite";
import { CONFIG_VARIABLE } from "../server/config.ts";

/** The moments at which a server process can be told to die. */
export type DeathPoint =
  /** A request to a peer: before anything of it is sent, when all of it is, when the head of the answer is there. */
  | "before-message"
  | "after-message"
  | "after-answer"
  /** A request that came in: when its head is there, and when the answer has been handed over. */
  | "on-request"
  | "after-response"
  /** A write of a share, an invite or a contact: before it is made, and when it is durable but nobody knows yet. */
  | "before-commit"
  | "after-commit"
  /** The renaming that makes an upload the file. */
  | "before-rename"
  | "after-rename";

/** What the process that started a server sends it: die when this is reached. */
export interface Death {
  at: DeathPoint;
  /** Only where the path of the request ends with this, or has it in the middle if it ends with a slash. */
  path?: string;
  /** At which of the occasions from now on. @default 1 */
  nth?: number;
}

/** The server's answer to it. */
export const ARMED = "armed";

/** Tables, and collections, of the aggregates; peers and keys are written at other times too. */
const AGGREGATES = /"?ocm_(?:outgoing|incoming|invite|contact)/;

// This file is preloaded into a server process (node --import), so nothing of the server knows of it. It listens to the channels on
// which node:http and undici tell what they do, and wraps what writes.
let armed: Death | undefined;
let left = 0;

if (process.env[CONFIG_VARIABLE] !== undefined) {
  process.on("message", (message: { die?: Death }) => {
    if (message.die === undefined) return;
    armed = message.die;
    left = armed.nth ?? 1;
    process.send?.(ARMED);
  });
  hookHttp();
  hookFiles();
  hookSqlite();
  if (process.env[CONFIG_VARIABLE]?.includes('"mongodb')) hookMongo();
}

function reached(point: DeathPoint, path = ""): void {
  if (armed?.at !== point) return;
  const wanted = armed.path ?? "";
  if (wanted.endsWith("/") ? !path.includes(wanted) : !path.endsWith(wanted)) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}

function hookHttp(): void {
  const on = (channel: string, point: DeathPoint, pathOf: (message: never) => string | undefined) =>
    subscribe(channel, (message) => reached(point, pathOf(message as never)));
  const outgoing = ({ request }: { request: { path: string } }) => request.path;
  on("undici:request:create", "before-message", outgoing);
  on("undici:request:bodySent", "after-message", outgoing);
  on("undici:request:headers", "after-answer", outgoing);
  const incoming = ({ request }: { request: { url?: string } }) => request.url;
  on("http.server.request.start", "on-request", incoming);
  on("http.server.response.finish", "after-response", incoming);
}

function hookFiles(): void {
  const { rename } = fs.promises;
  fs.promises.rename = async (...names) => {
    reached("before-rename");
    await rename(...names);
    reached("after-rename");
  };
  syncBuiltinESMExports();
}

function hookSqlite(): void {
  const { prepare } = DatabaseSync.prototype;
  let writes = false;
  DatabaseSync.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    const run = statement.run.bind(statement) as (...values: unknown[]) => ReturnType<typeof statement.run>;
    if (/^(?:insert|update|delete)\b/.test(sql) && AGGREGATES.test(sql)) {
      statement.run = (...values: unknown[]) => {
        writes = true;
        return run(...values);
      };
    }
    if (sql === "commit") {
      statement.run = () => {
        const counts = writes;
        writes = false;
        if (counts) reached("before-commit");
        const result = run();
        if (counts) reached("after-commit");
        return result;
      };
    }
    return statement;
  };
}

/** The collections of the driver that @mikro-orm/mongodb uses, which is no dependency of this package itself. */
function hookMongo(): void {
  const here = createRequire(import.meta.url);
  const { Collection } = createRequire(here.resolve("@mikro-orm/mongodb"))("mongodb") as {
    Collection: { prototype: Record<string, (...values: unknown[]) => Promise<unknown>> };
  };
  for (const name of ["insertMany", "replaceOne", "deleteOne"]) {
    const write = Collection.prototype[name];
    if (write === undefined) throw new Error(`The driver has no ${name}.`);
    Collection.prototype[name] = async function (this: { collectionName: string }, ...values) {
      const counts = AGGREGATES.test(this.collectionName);
      if (counts) reached("before-commit");
      const result = await write.apply(this, values);
      if (counts) reached("after-commit");
      return result;
    };
  }
}
