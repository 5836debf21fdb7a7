import { consolidated } from "../options.ts";
import type { Vu } from "../vu.ts";

/** Ends the iteration in which `exec.test.abort()` was called. */
export class TestAborted extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "TestAborted";
  }
}

/** The module `k6/execution` for one virtual user. */
export function executionModule(vu: Vu) {
  const { engine } = vu;
  const active = () => {
    if (vu.scenario === undefined)
      throw new Error("getting scenario information outside of the VU context is not supported");
    return vu.scenario;
  };
  return {
    vu: {
      get idInTest() {
        return vu.id;
      },
      get idInInstance() {
        return vu.id;
      },
      get iterationInInstance() {
        return vu.iteration;
      },
      get iterationInScenario() {
        return vu.iterationInScenario;
      },
      get tags() {
        return vu.tags;
      },
      metrics: {
        get tags() {
          return vu.tags;
        },
      },
    },
    scenario: {
      get name() {
        return active().name;
      },
      get executor() {
        return active().executor;
      },
      get startTime() {
        return active().startTime;
      },
      get progress() {
        return active().progress();
      },
      get iterationInTest() {
        active();
        return vu.iterationInTest;
      },
      get iterationInInstance() {
        active();
        return vu.iterationInTest;
      },
    },
    instance: {
      get iterationsCompleted() {
        return engine.counts.completed;
      },
      get iterationsInterrupted() {
        return engine.counts.interrupted;
      },
      get vusActive() {
        return engine.counts.vusActive;
      },
      get vusInitialized() {
        return engine.counts.vusInitialized;
      },
      get currentTestRunDuration() {
        return engine.elapsed();
      },
    },
    test: {
      abort(reason = ""): never {
        const sentence = reason === "" ? "test aborted" : `test aborted: ${reason}`;
        engine.abort(sentence);
        throw new TestAborted(sentence);
      },
      fail(message = ""): void {
        engine.failed = true;
        engine.log(`ERRO test marked as failed${message === "" ? "" : `: ${message}`}`);
      },
      get options() {
        return consolidated(engine.options);
      },
    },
  };
}
