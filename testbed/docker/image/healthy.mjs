import { get } from "node:http";

// For health checks: ends with 0 when this container itself answers PORT PATH with 200. It runs often, so it needs no types taken off, and
// node:http loads faster than fetch.
const [port, path] = process.argv.slice(2);
get({ host: "127.0.0.1", port, path, timeout: 3000 }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .once("timeout", () => process.exit(1))
  .once("error", () => process.exit(1));
