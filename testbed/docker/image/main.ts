/** What the one image can be: the first argument says what a container is. */
const PARTS: Record<string, () => Promise<unknown>> = {
  server: () => import("./server.ts"),
  balancer: () => import("./balancer.ts"),
  proxy: () => import("./proxy.ts"),
  peers: () => import("./peers.ts"),
  "koa-ocm": () => import("./command.ts"),
};

const [name = ""] = process.argv.splice(2, 1);
const start = PARTS[name];
if (start === undefined) {
  console.error(`There is no part “${name}” in this image; name one of ${Object.keys(PARTS).join(", ")}.`);
  process.exit(2);
}
await start();
