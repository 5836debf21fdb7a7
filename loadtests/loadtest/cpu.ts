import { readFileSync } from "node:fs";

/** Ticks of the kernel's clock in a second, on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds that processes have used so far, together; undefined where the machine does not tell. */
export function cpuSecondsOf(pids: readonly (number | undefined)[]): number | undefined {
  try {
    return pids.reduce<number>((sum, pid) => {
      // The name of the program is in brackets and may hold anything.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      return sum + (Number(fields[11]) + Number(fields[12])) / TICKS;
    }, 0);
  } catch {
    return undefined;
  }
}
