import { constants } from "node:fs";
import { access, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { StepResult } from "../scenarios/steps.ts";
import { writeWhole } from "../write-file.ts";
import type { CastMember } from "./cast.ts";
import { BadFlags } from "./words.ts";

/** Keeps `--json FILE` up to date, or does nothing where no file was asked for. */
export interface ReportFile {
  /** The file of an earlier start goes away, so that nobody takes it for this one's. @throws BadFlags */
  clear(): Promise<void>;
  /** `ok` is null until the walk has ended. */
  write(steps: StepResult[], ok: boolean | null): Promise<void>;
}

export function reportFile(file: string | undefined, members: CastMember[]): ReportFile {
  if (file === undefined) {
    return { clear: async () => undefined, write: async () => undefined };
  }
  const servers = members.map(({ server, account }) => ({
    name: server.name,
    origin: server.origin,
    users: [{ username: account.username, password: account.password, address: account.address }],
  }));
  return {
    async clear() {
      try {
        await access(dirname(file), constants.W_OK);
        await rm(file, { force: true });
      } catch {
        throw new BadFlags(`--json: ${file} cannot be written.`);
      }
    },
    write: (steps, ok) => writeWhole(file, `${JSON.stringify({ servers, steps, ok })}\n`, 0o600),
  };
}
