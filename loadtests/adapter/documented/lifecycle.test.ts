import { beforeAll, describe, expect, it } from "vitest";
import { runText } from "../run-script.test-helper.ts";
import { type Documented, runDocumented } from "./documented.test-helper.ts";

// Each group names the page of k6's documentation that it rests on; its sentences are shortened.

const SCRIPT = `
let made = 0;
const shared = new SharedArray("shared", () => { made += 1; return [{ n: 1 }, { n: 2 }]; });
const text = open("./data.txt");
const bytes = open("./data.txt", "b");
const initNumber = __VU;

export const options = {
  scenarios: { main: { executor: "per-vu-iterations", vus: 1, iterations: 2, env: { OF_SCENARIO: "yes" } } },
};

export function setup() { return { from: "setup", list: [1], vu: __VU }; }
export function teardown(data) { say("teardown", { data, vu: __VU }); }

export default async function (data) {
  if (__ITER > 0) { say("second iteration", { iteration: __ITER, own: exec.vu.iterationInScenario }); return; }
  say("init", { initNumber, made, text, bytes: bytes.byteLength });
  say("globals", { vu: __VU, iter: __ITER, env: __ENV.GIVEN, ofScenario: __ENV.OF_SCENARIO });
  say("data", data);
  data.list.push(2);

  const walked = [];
  for (const one of shared) walked.push(one.n);
  const first = shared[0];
  say("shared", { length: shared.length, walked, changed: await thrown(() => { shared[0] = 1; }), copy: first !== shared[0], again: shared[0].n });
  say("late shared", await thrown(() => new SharedArray("late", () => [])));
  say("late open", await thrown(() => open("./data.txt")));

  say("fail", await thrown(() => fail("words")));
  const from = Date.now();
  await sleep(0.2);
  say("sleep", Date.now() - from);

  say("encoded", [encoding.b64encode("ü?"), encoding.b64encode("ü?a", "rawstd"), encoding.b64encode("ü?", "url"), encoding.b64encode("ü?a", "rawurl"),
    encoding.b64encode(new Uint8Array([195, 188, 63]).buffer)]);
  say("decoded", [encoding.b64decode("w7w/", "std", "s"), encoding.b64decode("w7w_YQ==", "url", "s"), encoding.b64decode("w7w_YQ", "rawurl", "s"), encoding.b64decode("w7w/").byteLength]);
  say("exec", { vu: exec.vu.idInTest, instance: exec.vu.idInInstance, iteration: exec.vu.iterationInInstance, name: exec.scenario.name, executor: exec.scenario.executor,
    inTest: exec.scenario.iterationInTest, inInstance: exec.scenario.iterationInInstance });
  say("progress", exec.scenario.progress >= 0 && exec.scenario.progress <= 1 && exec.scenario.startTime <= Date.now() && exec.scenario.startTime > Date.now() - 60000);
  say("instance", { active: exec.instance.vusActive, made: exec.instance.vusInitialized, done: exec.instance.iterationsCompleted, cut: exec.instance.iterationsInterrupted });
  say("options", { absent: exec.test.options.stages, iterations: exec.test.options.scenarios.main.iterations });
}`;

let k6: Documented;
beforeAll(async () => {
  k6 = await runDocumented(SCRIPT);
}, 60_000);

describe("SharedArray", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-data/sharedarray/
  it("executes its function only once, whoever runs the script first", () =>
    expect(k6.seen("init")).toMatchObject({ made: 0 }));

  it("has length, elements by index, and goes through for-of", () =>
    expect(k6.seen("shared")).toMatchObject({ length: 2, walked: [1, 2] }));

  it("is read-only, and gives a copy of an element", () =>
    expect(k6.seen("shared")).toMatchObject({ changed: expect.any(String), copy: true, again: 1 }));

  it("is constructed in the init context", () =>
    expect(k6.seen("late shared")).toBe("new SharedArray must be called in the init context"));
});

describe("open", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/init-context/open/
  it("gives text, or with b an ArrayBuffer", () => expect(k6.seen("init")).toMatchObject({ text: "ü", bytes: 2 }));

  it("can only be called from the init context", () => expect(k6.seen("late open")).toMatch(/init/));
});

describe("environment variables", () => {
  // https://grafana.com/docs/k6/latest/using-k6/environment-variables/
  it("__ENV has what -e gives", () => expect(k6.seen("globals")).toMatchObject({ env: "a=b" }));

  // https://grafana.com/docs/k6/latest/using-k6/scenarios/#options
  it("a scenario has some of its own", () => expect(k6.seen("globals")).toMatchObject({ ofScenario: "yes" }));
});

describe("execution context variables", () => {
  // https://grafana.com/docs/k6/latest/using-k6/execution-context-variables/
  it("__VU counts virtual users from 1, and is 0 in setup and teardown", () => {
    expect(k6.seen("globals")).toMatchObject({ vu: 1 });
    expect(k6.seen("teardown")).toMatchObject({ data: { vu: 0 }, vu: 0 });
  });

  it("__ITER counts the iterations of a virtual user from 0", () => {
    expect(k6.seen("globals")).toMatchObject({ iter: 0 });
    expect(k6.seen("second iteration")).toEqual({ iteration: 1, own: 1 });
  });
});

describe("the test lifecycle", () => {
  // https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/
  it("each virtual user, and teardown, have a copy of what setup gave", () => {
    expect(k6.seen("data")).toMatchObject({ from: "setup", list: [1] });
    expect(k6.seen("teardown")).toMatchObject({ data: { from: "setup", list: [1] } });
  });

  it("teardown is not called where setup threw", async () => {
    const ran = await runText(
      `export function setup() { throw new Error("no"); }
       export function teardown() { console.log("SEEN", "teardown", 1); }
       export default function () { console.log("SEEN", "ran", 1); }`,
    );
    expect(ran.seen).toEqual({});
    expect(ran.code).not.toBe(0);
  });
});

describe("k6", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6/fail/
  it("fail throws an error, with its words", () => expect(k6.seen("fail")).toBe("words"));

  // https://grafana.com/docs/k6/latest/javascript-api/k6/sleep/
  it("sleep suspends for so many seconds", () => expect(k6.seen("sleep")).toBeGreaterThanOrEqual(199));
});

describe("k6/execution", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-execution/
  it("scenario and vu say where an iteration is: identifiers from 1, iterations from 0", () =>
    expect(k6.seen("exec")).toEqual({
      vu: 1,
      instance: 1,
      iteration: 0,
      name: "main",
      executor: "per-vu-iterations",
      inTest: 0,
      inInstance: 0,
    }));

  it("progress is between 0 and 1, startTime is in milliseconds since 1970", () =>
    expect(k6.seen("progress")).toBe(true));

  it("instance counts virtual users and iterations", () =>
    expect(k6.seen("instance")).toEqual({ active: 1, made: 1, done: 0, cut: 0 }));

  it("test.options has null for what was not given", () =>
    expect(k6.seen("options")).toEqual({ absent: null, iterations: 2 }));

  it("test.options has scenarios for what is short for one", async () => {
    const ran = await runText(
      `import exec from "k6/execution";
       export const options = { stages: [{ duration: "100ms", target: 1 }] };
       export default function () { console.log("SEEN", "target", exec.test.options.scenarios.default.stages[0].target); }`,
    );
    expect(ran.seen.target).toBe(1);
  });
});

describe("k6/encoding", () => {
  // https://grafana.com/docs/k6/latest/javascript-api/k6-encoding/b64encode/
  it("b64encode: std and url with padding, rawstd and rawurl without; url has - and _", () =>
    expect(k6.seen("encoded")).toEqual(["w7w/", "w7w/YQ", "w7w_", "w7w_YQ", "w7w/"]));

  // https://grafana.com/docs/k6/latest/javascript-api/k6-encoding/b64decode/
  it("b64decode: an ArrayBuffer, or with s text", () => expect(k6.seen("decoded")).toEqual(["ü?", "ü?a", "ü?a", 3]));
});
