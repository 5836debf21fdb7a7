import type { Tags } from "../metrics/registry.ts";
import type { MetricType } from "../metrics/sinks.ts";
import { tagsOf, type Vu } from "../vu.ts";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{1,128}$/;

/** The module `k6/metrics` for one virtual user. */
export function metricsModule(vu: Vu) {
  const kind = (type: MetricType) =>
    function metric(name: string, isTime = false) {
      if (vu.stage !== "init") throw new Error("metrics must be declared in the init context");
      if (!NAME.test(name)) throw new Error(`invalid metric name: '${name}'`);
      const made = vu.engine.registry.metric(name, type, isTime ? "time" : "default");
      return {
        name,
        add(value: number | boolean, tags?: Tags): void {
          if (vu.stage === "init") throw new Error("metrics cannot be added to in the init context");
          const number = Number(value);
          if (Number.isNaN(number)) {
            const sentence = `'${value}' is an invalid value for metric '${name}'`;
            if (vu.engine.options.throw) throw new Error(sentence);
            vu.engine.log(`WARN ${sentence}`);
            return;
          }
          vu.engine.registry.add(made, number, tagsOf(vu, tags));
        },
      };
    };
  return { Counter: kind("counter"), Gauge: kind("gauge"), Rate: kind("rate"), Trend: kind("trend") };
}
