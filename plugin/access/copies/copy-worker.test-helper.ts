import { join } from "node:path";
import { folderFiles } from "../../hosts/folder.ts";
import { openStore } from "../../model/open-store.ts";
import { ORIGIN, testSystem } from "../../model/test-system.test-helper.ts";
import { fakeOwner, quiet } from "./copies.test-helper.ts";
import { createCopies } from "./copies.ts";

// A process that works on the copies of a database until they have all ended, or until it is killed. Its clock is ahead by the given time.
const [, , root = "", ahead = "0"] = process.argv;
const system = { ...testSystem, now: () => Date.now() + Number(ahead) };
const store = await openStore({ database: `file:${join(root, "ocm.sqlite")}`, origin: ORIGIN, system });
const owner = fakeOwner(join(root, "owners"));
owner.slow = 1;
const copies = createCopies({
  store,
  remote: owner.remote,
  files: folderFiles(() => join(root, "own")),
  system,
  logger: quiet,
  worker: true,
});
copies.start();
process.stdout.write("at work\n");
while ((await store.copies.countRunning("bob")) > 0) await system.sleep(10);
await copies.close();
await store.close();
