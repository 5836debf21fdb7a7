import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { openStore } from "./open-store.ts";
import { storeContract } from "./store-contract.ts";
import { databases } from "./test-databases.test-helper.ts";
import { ORIGIN, testSystem } from "./test-system.test-helper.ts";

const writerFile = fileURLToPath(new URL("./crash-writer.test-helper.ts", import.meta.url));

describe.each(databases())("The store on $name", ({ durable, make }) => {
  storeContract({
    test: { describe, it: (name, test) => it(name, test, 30_000) },
    async open() {
      const { url, drop } = await make();
      const opening = () => openStore({ database: url, origin: ORIGIN, system: testSystem });
      let store = await opening();
      return {
        store,
        ...(durable
          ? {
              async reopen() {
                await store.close();
                store = await opening();
                return store;
              },
              startWriter: () => spawn(process.execPath, [writerFile, url], { stdio: ["ignore", "pipe", "inherit"] }),
            }
          : {}),
        async close() {
          await store.close();
          await drop();
        },
      };
    },
  });
});
