import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { meetsTrouble, reached } from "./occasions.ts";

const WRITES = ["write", "writev", "writeFile", "appendFile"] as const;

/** Files that are opened by promises, as the file store of a folder does. */
export function hookFiles(): void {
  const { open, rename } = fs.promises;
  fs.promises.rename = async (...names) => {
    reached("before-rename");
    await rename(...names);
    reached("after-rename");
  };
  fs.promises.open = async (...values) => {
    const handle = await open(...values);
    for (const name of WRITES) {
      const write = handle[name].bind(handle) as (...content: unknown[]) => Promise<unknown>;
      const guarded = async (...content: unknown[]) => {
        if (meetsTrouble("disk-full")) throw noSpace();
        return await write(...content);
      };
      Object.defineProperty(handle, name, { value: guarded, configurable: true });
    }
    return handle;
  };
  syncBuiltinESMExports();
}

/** As the operating system says it. */
function noSpace(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    errno: -28,
    syscall: "write",
  });
}
