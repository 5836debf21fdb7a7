// Runs before the commands that need a newer Node than npm itself. It has to run on the old one, so it is plain JavaScript.
import { existsSync } from "node:fs";

const NEEDED = [22, 19];
const [major, minor] = process.versions.node.split(".").map(Number);

if (!existsSync(new URL("../node_modules", import.meta.url))) {
  console.error("The packages are not installed yet. Run `npm ci` first.");
  process.exit(2);
}
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(
    `koa-ocm needs Node ${NEEDED.join(".")} or newer and this is ${process.versions.node}: the npm package "node" brings it, but its ` +
      "install script did not run (--ignore-scripts?). Run `npm rebuild node --ignore-scripts=false`, or use a newer Node.",
  );
  process.exit(2);
}
