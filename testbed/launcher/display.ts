import type { StepListener } from "../scenarios/steps.ts";
import type { CastMember } from "./cast.ts";

/** Columns for number and name of a step. */
const LINE_WIDTH = 33;

/** Where the launcher writes; a terminal gets marks, colours and the step that is under way. */
export type Output = Pick<NodeJS.WriteStream, "write" | "isTTY">;

/** The servers and accounts, one line each. */
export function showServers(output: Output, members: CastMember[]): void {
  const width = (pick: (member: CastMember) => string) => Math.max(...members.map((member) => pick(member).length));
  const name = width(({ server }) => server.name);
  const username = width(({ account }) => account.username);
  const password = width(({ account }) => account.password);
  for (const { server, account } of members) {
    output.write(
      `  ${server.name.padEnd(name)}  ${server.origin}  user ${account.username.padEnd(username)}  ` +
        `password ${account.password.padEnd(password)}  ${account.address}\n`,
    );
  }
}

/** Shows each step as one line: mark, number, name, what was found and its time. */
export function stepDisplay(output: Output): StepListener {
  const terminal = output.isTTY === true;
  const colour = (code: number, text: string) => (terminal ? `\u001b[${code}m${text}\u001b[0m` : text);
  let number = 0;
  const line = (name: string) => `${String(number).padStart(2)}  ${name}`;
  return {
    started(name) {
      number += 1;
      if (terminal) {
        output.write(`  … ${line(name)}`);
      }
    },
    ended({ name, ok, ms, error }, detail) {
      const mark = terminal ? (ok ? "✔" : "✘") : ok ? "ok  " : "FAIL";
      const tail = ok ? detail : (error ?? "");
      output.write(terminal ? "\r\u001b[2K" : "");
      output.write(
        `  ${colour(ok ? 32 : 31, mark)} ${line(name).padEnd(LINE_WIDTH)} ${tail === "" ? "" : `${tail}  `}${colour(2, `(${duration(ms)})`)}\n`,
      );
    },
  };
}

/** Shows steps that somebody may interrupt. */
export interface InterruptibleDisplay extends StepListener {
  /** Has to be called at the end: only then it is known whether the last step failed or somebody asked for the end. */
  close(isInterrupted: boolean): void;
}

/** As `stepDisplay`, but that a step which fails is shown when the next one begins, or at the end. */
export function interruptibleDisplay(output: Output): InterruptibleDisplay {
  const display = stepDisplay(output);
  let isUnderWay = false;
  let showFailure: (() => void) | undefined;
  return {
    started(name) {
      showFailure?.();
      showFailure = undefined;
      isUnderWay = true;
      display.started(name);
    },
    ended(result, detail) {
      if (result.ok) display.ended(result, detail);
      else showFailure = () => display.ended(result, detail);
      isUnderWay = !result.ok;
    },
    close(isInterrupted) {
      if (!isInterrupted) showFailure?.();
      else if (isUnderWay) output.write(`${output.isTTY === true ? "\r\u001b[2K" : ""}  interrupted\n`);
    },
  };
}

/** What the fault did to servers, each once with how often: `alpha killed twice (after-commit), beta: no space`. */
export function summary(harms: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const harm of harms) counts.set(harm, (counts.get(harm) ?? 0) + 1);
  return [...counts]
    .map(([harm, count]) => {
      const often = count === 1 ? "once" : count === 2 ? "twice" : `${count} times`;
      const [, server, moment] = /^(\S+) killed (\S+)$/.exec(harm) ?? [];
      if (server !== undefined) return `${server} killed ${often} (${moment})`;
      return count === 1 ? harm : `${harm} (${often})`;
    })
    .join(", ");
}

/** Milliseconds for people. */
export function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
