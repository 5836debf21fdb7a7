import type { Output } from "../launcher/display.ts";
import type { Progress } from "./run.ts";

/** Shows how a simulation goes on: a bar on a terminal, else a line now and then. */
export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Leaves no half line behind. */
  end(): void;
}

const WIDTH = 24;
/** Milliseconds between two bars, and between two lines. */
const BAR_EVERY = 200;
const LINE_EVERY = 10_000;

/** @param now milliseconds of a clock that runs evenly */
export function progressDisplay(output: Output, isTerminal: boolean, now: () => number): ProgressDisplay {
  const begun = now();
  let shownAt = begun;
  let isBar = false;
  return {
    show(progress) {
      const at = now();
      if (at - shownAt < (isTerminal ? BAR_EVERY : LINE_EVERY)) return;
      shownAt = at;
      const text = sentence(progress, at - begun);
      if (isTerminal) {
        const done = Math.round(progress.part * WIDTH);
        output.write(`\r\u001b[2K[${"#".repeat(done)}${".".repeat(WIDTH - done)}] ${text}`);
        isBar = true;
      } else output.write(`${text}\n`);
    },
    end() {
      if (isBar) output.write("\r\u001b[2K");
      isBar = false;
    },
  };
}

function sentence({ part, at, messages }: Progress, ms: number): string {
  const rate = Math.round(messages / (ms / 1000));
  const left = part > 0 ? span((ms / part) * (1 - part)) : "?";
  return `${Math.floor(part * 100)} %, ${rate} messages/s, ${span(at)} simulated, about ${left} left`;
}

/** Milliseconds in hours, minutes and seconds. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
