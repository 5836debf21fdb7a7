import { CONFIG_VARIABLE } from "../../server/config.ts";
import { hookFiles } from "./files.ts";
import { hookHttp } from "./http.ts";
import { hookMongo } from "./mongo.ts";
import { hookNames } from "./names.ts";
import { obey } from "./occasions.ts";
import { ARMED, type Orders } from "./orders.ts";
import { hookSqlite } from "./sqlite.ts";

// This file is preloaded into a server process (node --import), so nothing of the server knows of it. It listens to the channels on
// which node:http and undici tell what they do, and wraps what reads and writes.
const config = process.env[CONFIG_VARIABLE];
if (config !== undefined) {
  process.on("message", (message: { orders?: Orders }) => {
    if (message.orders === undefined) return;
    obey(message.orders);
    process.send?.(ARMED);
  });
  hookHttp();
  hookFiles();
  hookNames();
  hookSqlite();
  if (config.includes('"mongodb')) hookMongo();
}
