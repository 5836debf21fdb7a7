import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { echo, runText, serve } from "./run-script.test-helper.ts";

let origin = "";
let close = async (): Promise<void> => undefined;
beforeAll(async () => {
  ({ origin, close } = await serve(echo));
});
afterAll(() => close());

/** A script with these options, whose function says that it ran. */
const script = (options: string, body = 'console.log("SEEN", "ran", JSON.stringify([__VU, __ITER]))') => `
  import http from "k6/http"; import { check, sleep } from "k6"; import exec from "k6/execution"; import { Counter } from "k6/metrics";
  export const options = ${options};
  export default async function () { ${body}; }
  export function handleSummary(data) { return { stdout: JSON.stringify(data) }; }`;

const count = (stdout: string, metric: string): number => JSON.parse(stdout).metrics[metric]?.values.count ?? 0;

describe("the adapter's virtual users", { timeout: 60_000 }, () => {
  it("do not share the state of modules, also of those that a script imports", async () => {
    const ran = await runText(
      `import { next } from "./state.ts";
       let own = 0;
       export const options = { scenarios: { main: { executor: "per-vu-iterations", vus: 3, iterations: 2 } } };
       export default async function () { own += 1; console.log("SEEN", "counts", JSON.stringify([own, next()])); }`,
      { files: { "state.ts": "let state = 0; export function next(): number { state += 1; return state; }" } },
    );
    expect(ran.code).toBe(0);
    expect(ran.all.counts?.map(String).sort()).toEqual(["1,1", "1,1", "1,1", "2,2", "2,2", "2,2"]);
  });

  it("get a copy of setup's data each, and keep theirs", async () => {
    const ran = await runText(
      `export const options = { scenarios: { main: { executor: "per-vu-iterations", vus: 2, iterations: 2 } } };
       export function setup() { return { list: [] }; }
       export default function (data) { data.list.push(1); console.log("SEEN", "length", data.list.length); }`,
    );
    expect(ran.all.length?.sort()).toEqual([1, 1, 2, 2]);
  });

  it("go on with the next iteration after an exception, which is logged", async () => {
    const ran = await runText(script("{ iterations: 3 }", 'throw new Error("out of order")'));
    expect(ran.code).toBe(0);
    expect(ran.stderr.match(/ERRO Error: out of order/g)).toHaveLength(3);
    expect(count(ran.stdout, "iterations")).toBe(3);
  });
});

describe("the adapter's executors", { timeout: 60_000 }, () => {
  it("shared-iterations: so many in all, by as many as are free", async () => {
    const ran = await runText(
      script("{ vus: 3, iterations: 7 }", 'await sleep(0.02); console.log("SEEN", "ran", "[]")'),
    );
    expect(ran.all.ran).toHaveLength(7);
  });

  it("per-vu-iterations: so many by each", async () => {
    const ran = await runText(script('{ scenarios: { a: { executor: "per-vu-iterations", vus: 2, iterations: 3 } } }'));
    expect(ran.all.ran?.map(String).sort()).toEqual(["1,0", "1,1", "1,2", "2,0", "2,1", "2,2"]);
  });

  it("constant-vus: for a time, and the last iterations may end", async () => {
    const ran = await runText(script('{ vus: 2, duration: "300ms" }', "await sleep(0.2)"));
    expect(count(ran.stdout, "iterations")).toBe(4);
    expect(JSON.parse(ran.stdout).state.testRunDurationMs).toBeGreaterThan(380);
  });

  it("constant-vus: ends in time where iterations wait for nothing", async () => {
    const ran = await runText(script('{ vus: 2, duration: "200ms" }', "check(1, { one: () => true })"));
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout).state.testRunDurationMs).toBeLessThan(5000);
  });

  it("ramping-vus: more and fewer of them", async () => {
    const stages =
      '[{ duration: "200ms", target: 4 }, { duration: "300ms", target: 4 }, { duration: "200ms", target: 0 }]';
    const options = `{ scenarios: { a: { executor: "ramping-vus", startVUs: 0, stages: ${stages} } } }`;
    const ran = await runText(
      script(options, 'console.log("SEEN", "active", exec.instance.vusActive); await sleep(0.05)'),
    );
    const active = ran.all.active as number[];
    expect(active[0]).toBe(1);
    expect(Math.max(...active)).toBe(4);
    expect(ran.code).toBe(0);
  });

  it("constant-arrival-rate: at the rate, whether earlier ones are over or not", async () => {
    const options =
      '{ scenarios: { a: { executor: "constant-arrival-rate", rate: 20, duration: "1s", preAllocatedVUs: 20 } } }';
    const ran = await runText(script(options, "await sleep(0.5)"));
    // Some may be late on a machine that does something else; half of them would be too many at a time for fewer users.
    expect(count(ran.stdout, "iterations")).toBeGreaterThanOrEqual(18);
    expect(count(ran.stdout, "iterations")).toBeLessThanOrEqual(20);
    expect(count(ran.stdout, "dropped_iterations")).toBe(0);
  });

  it("constant-arrival-rate: drops iterations where nobody is free, and makes up to maxVUs", async () => {
    const options = (most: number) =>
      `{ scenarios: { a: { executor: "constant-arrival-rate", rate: 20, duration: "1s", preAllocatedVUs: 1, maxVUs: ${most} } } }`;
    const few = await runText(script(options(1), "await sleep(0.6)"));
    expect(count(few.stdout, "iterations")).toBeLessThanOrEqual(2);
    expect(count(few.stdout, "dropped_iterations")).toBeGreaterThanOrEqual(15);
    const more = await runText(script(options(10), "await sleep(0.6)"));
    const { max } = JSON.parse(more.stdout).metrics.vus_max.values;
    expect(max).toBeGreaterThan(4);
    expect(max).toBeLessThanOrEqual(10);
  });

  it("ramping-arrival-rate: as many as the area below the line", async () => {
    const stages = '[{ duration: "500ms", target: 40 }, { duration: "1s", target: 0 }]';
    const options = `{ scenarios: { a: { executor: "ramping-arrival-rate", startRate: 0, stages: ${stages}, preAllocatedVUs: 5 } } }`;
    const ran = await runText(script(options, ""));
    const started = count(ran.stdout, "iterations") + count(ran.stdout, "dropped_iterations");
    expect(started).toBeGreaterThanOrEqual(26);
    expect(started).toBeLessThanOrEqual(30);
  });

  it("runs scenarios side by side, each with its function, from its start time", async () => {
    const ran = await runText(`
      export const options = { scenarios: {
        first: { executor: "shared-iterations", iterations: 1, exec: "one" },
        second: { executor: "shared-iterations", iterations: 1, exec: "two", startTime: "300ms" } } };
      import exec from "k6/execution";
      export function one() { console.log("SEEN", "one", JSON.stringify(exec.scenario.name)); }
      export function two() { console.log("SEEN", "two", exec.instance.currentTestRunDuration); }`);
    expect(ran.seen.one).toBe("first");
    expect(ran.seen.two).toBeGreaterThanOrEqual(299);
  });

  it("gives each scenario its own virtual users: one that has none left takes none of another one", async () => {
    const rate = (more: string) =>
      `{ executor: "constant-arrival-rate", rate: 20, duration: "1s", preAllocatedVUs: 3, ${more} }`;
    const ran = await runText(`
      import { sleep } from "k6";
      export const options = { scenarios: { slow: ${rate('exec: "slow", gracefulStop: "0s"')}, quick: ${rate('exec: "quick"')} },
        thresholds: { "dropped_iterations{scenario:quick}": ["count<5"], "dropped_iterations{scenario:slow}": ["count>=15"] } };
      export async function slow() { await sleep(5); }
      export function quick() {}`);
    expect(ran.stderr).not.toMatch(/ERRO/);
    expect(ran.code).toBe(0);
  });

  it("interrupts what goes on after gracefulStop, and does not count it", async () => {
    const options =
      '{ scenarios: { a: { executor: "constant-vus", vus: 1, duration: "200ms", gracefulStop: "200ms" } } }';
    const ran = await runText(script(options, `await http.asyncRequest("GET", "${origin}/slow/20000")`));
    const { metrics, state } = JSON.parse(ran.stdout);
    expect(state.testRunDurationMs).toBeLessThan(5000);
    expect(metrics.iterations).toBeUndefined();
    expect(metrics.http_reqs).toBeUndefined();
  });
});

describe("the adapter's exit code", { timeout: 60_000 }, () => {
  it("is 99 where a threshold does not hold, and the summary says which", async () => {
    const ran = await runText(
      script(
        '{ thresholds: { "http_req_duration{endpoint:slow}": ["p(95)<100"], http_req_failed: ["rate<0.01"] } }',
        `await http.asyncRequest("GET", "${origin}/slow/200", null, { tags: { endpoint: "slow" } })`,
      ),
    );
    expect(ran.code).toBe(99);
    const { metrics } = JSON.parse(ran.stdout);
    expect(metrics["http_req_duration{endpoint:slow}"].thresholds).toEqual({ "p(95)<100": { ok: false } });
    expect(metrics.http_req_failed.thresholds).toEqual({ "rate<0.01": { ok: true } });
  });

  it("is 99 too where abortOnFail ends the run before its time", async () => {
    const options =
      '{ vus: 1, duration: "60s", thresholds: { checks: [{ threshold: "rate>0.5", abortOnFail: true }] } }';
    const ran = await runText(script(options, "check(1, { never: () => false }); await sleep(0.05)"));
    expect(ran.code).toBe(99);
    expect(JSON.parse(ran.stdout).state.testRunDurationMs).toBeLessThan(20_000);
  });

  it.each([
    ["104: a threshold cannot be read", '{ thresholds: { checks: ["rate is 1"] } }', "", 104],
    ["104: a threshold does not fit its metric", '{ thresholds: { checks: ["p(95)<1"] } }', "", 104],
    ["104: there is no such metric", '{ thresholds: { nothing: ["count>1"] } }', "", 104],
    ["104: an option is not known here", "{ dns: {} }", "", 104],
    [
      "104: there is no such function",
      '{ scenarios: { a: { executor: "constant-vus", duration: "1s", exec: "none" } } }',
      "",
      104,
    ],
    ["108: exec.test.abort()", "{ iterations: 1 }", 'exec.test.abort("enough")', 108],
    ["110: exec.test.fail()", "{ iterations: 1 }", 'exec.test.fail("not right")', 110],
  ])("is %s", async (_what, options, body, code) => {
    const ran = await runText(script(options, body));
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(/ERRO/);
  });

  it.each([
    ["an import that k6 has and the adapter has not", 'import ws from "k6/ws"; export default function () {}'],
    ["an import that k6 has not", 'import fs from "node:fs"; export default function () {}'],
    ["an exception in the init context", 'throw new Error("no"); export default function () {}'],
    ["an exception in setup", 'export function setup() { throw new Error("no"); } export default function () {}'],
  ])("is 107 for %s", async (_what, text) => {
    expect((await runText(text)).code).toBe(107);
  });

  it("is 105 after Ctrl-C, and teardown and the summary have been", async () => {
    const body = `console.error("UNDER WAY"); await http.asyncRequest("GET", "${origin}/slow/30000")`;
    const text = `${script('{ vus: 2, duration: "60s" }', body)} export function teardown() { console.log("SEEN", "teardown", 1); }`;
    const ran = await runText(text, { interruptAfterMs: 100 });
    expect(ran.code).toBe(105);
    expect(ran.seen.teardown).toBe(1);
    expect(JSON.parse(ran.stdout).state.testRunDurationMs).toBeLessThan(20_000);
  });
});
