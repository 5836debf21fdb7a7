import { describe, expect, it } from "vitest";
import { interruptibleDisplay, summary } from "./display.ts";

function shown(isTTY = false) {
  let text = "";
  const display = interruptibleDisplay({
    isTTY,
    write(more: string | Uint8Array) {
      text += more;
      return true;
    },
  });
  return { display, text: () => text };
}

const GOOD = { name: "shared", ok: true, ms: 12 };
const FAILED = { name: "read", ok: false, ms: 34, error: "other side closed" };

describe("The steps of a scenario", () => {
  it("are shown with the reason where one failed", () => {
    const { display, text } = shown();
    display.started("shared");
    display.ended(GOOD, "in time");
    display.started("read");
    display.ended(FAILED, "");
    display.close(false);
    expect(text()).toMatch(
      /^ {2}ok {4}1 {2}shared +in time {2}\(12 ms\)\n {2}FAIL {2}2 {2}read +other side closed {2}\(34 ms\)\n$/,
    );
  });

  it.each([false, true])("do not fail where somebody asked for the end (terminal: %s)", (isTTY) => {
    const { display, text } = shown(isTTY);
    display.started("read");
    display.ended(FAILED, "");
    display.close(true);
    expect(text()).toMatch(/ {2}interrupted\n$/);
    expect(text()).not.toMatch(/FAIL|✘|other side closed/);
  });

  it("say that they were interrupted where one was under way", () => {
    const { display, text } = shown();
    display.started("read");
    display.close(true);
    expect(text()).toBe("  interrupted\n");
  });

  it("show a failure that was not the last at once when the next begins", () => {
    const { display, text } = shown();
    display.started("read");
    display.ended(FAILED, "");
    display.started("again");
    expect(text()).toContain("FAIL  1  read");
  });
});

describe("What a fault did", () => {
  it("is told once for each server and moment", () => {
    const killed = (server: string) => `${server} killed after-commit`;
    expect(summary([killed("alpha"), killed("beta"), killed("alpha")])).toBe(
      "alpha killed twice (after-commit), beta killed once (after-commit)",
    );
    expect(summary(Array(3).fill(killed("alpha")))).toBe("alpha killed 3 times (after-commit)");
    expect(summary(["beta: full disk", "alpha: full disk", "beta: full disk"])).toBe(
      "beta: full disk (twice), alpha: full disk",
    );
    expect(summary([])).toBe("");
  });
});
