import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dataModule } from "./api/data.ts";
import { encodingModule } from "./api/encoding.ts";
import { executionModule } from "./api/execution.ts";
import { httpModule } from "./api/http.ts";
import { k6Module } from "./api/k6.ts";
import { metricsModule } from "./api/metrics.ts";
import type { Vu } from "./vu.ts";

/** A script as one virtual user has it. Nothing in its modules is shared with another virtual user. */
export interface Instance {
  exports: Record<string, unknown>;
  /** Sets `__ITER`, and `__ENV` where the scenario adds to it. */
  begin(iteration: number): void;
}

type Api = Record<string, unknown>;

/** Each virtual user has instances of its own of all modules: this part of their addresses tells them apart. */
const KEY = "k6-instance";
const GLOBALS = "k6:globals";
const PREFIX = `import { open, console, __ENV, __VU, __ITER } from "${GLOBALS}"; `;
const HANDLE = Symbol.for("koa-ocm.k6-instances");

const apis = new Map<string, Record<string, Api>>();
const sources = new Map<string, string>();
let runs = 0;
let hooked = false;

/** A function that loads a script for a virtual user. Modules are read once. */
export function createLoader(script: string): (vu: Vu) => Promise<Instance> {
  hook();
  runs += 1;
  const run = runs;
  return async (vu) => {
    const key = `${run}.${vu.id}`;
    const globals = globalsOf(vu, script);
    const execution = executionModule(vu);
    apis.set(key, {
      k6: k6Module(vu),
      "k6/http": httpModule(vu),
      "k6/data": dataModule(vu),
      "k6/metrics": metricsModule(vu),
      "k6/execution": execution,
      "k6/encoding": encodingModule(),
      [GLOBALS]: globals.api,
    });
    const url = pathToFileURL(resolve(script));
    url.searchParams.set(KEY, key);
    const exports = (await import(url.href)) as Record<string, unknown>;
    return { exports, begin: globals.begin };
  };
}

/** What k6 has without an import. `__ENV` and `__ITER` change from one iteration to the next. */
function globalsOf(vu: Vu, script: string) {
  const { engine } = vu;
  const environment: Record<string, string> = { ...engine.environment };
  const say =
    (level: string) =>
    (...words: unknown[]) =>
      engine.log(`${level} ${words.map(text).join(" ")}`);
  const setters: ((iteration: number) => void)[] = [];
  const api = {
    open(path: string, mode = ""): string | ArrayBuffer {
      if (vu.stage !== "init") throw new Error("The open() function is only available in the init stage.");
      const file = resolve(dirname(resolve(script)), path);
      return mode === "b" ? Uint8Array.from(readFileSync(file)).buffer : readFileSync(file, "utf8");
    },
    console: { log: say("INFO"), info: say("INFO"), debug: say("DEBU"), warn: say("WARN"), error: say("ERRO") },
    __ENV: environment,
    __VU: vu.id,
    __ITER: 0,
    onIteration: (setter: (iteration: number) => void) => setters.push(setter),
  };
  return {
    api,
    begin(iteration: number): void {
      Object.assign(environment, engine.environment, vu.scenario?.env);
      for (const set of setters) set(iteration);
    },
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

function hook(): void {
  if (hooked) return;
  hooked = true;
  Object.assign(globalThis, { [HANDLE]: apis });
  registerHooks({
    resolve(specifier, context, next) {
      const key = keyOf(context.parentURL);
      if (key === null) return next(specifier, context);
      if (specifier === GLOBALS || specifier === "k6" || specifier.startsWith("k6/")) {
        if (apis.get(key)?.[specifier] === undefined) {
          throw new Error(`The module ${specifier} is not known here; real k6 may know it.`);
        }
        const name = specifier === GLOBALS ? GLOBALS : `k6:${specifier}`;
        return { url: `${name}?${KEY}=${key}`, format: "module", shortCircuit: true };
      }
      if (!/^\.{0,2}\//.test(specifier)) throw new Error(`k6 scripts cannot import ${specifier}.`);
      const url = new URL(specifier, context.parentURL);
      url.searchParams.set(KEY, key);
      return { url: url.href, format: "module", shortCircuit: true };
    },
    load(url, context, next) {
      const key = keyOf(url);
      if (key === null) return next(url, context);
      const source = url.startsWith("k6:") ? apiSource(url, key) : scriptSource(url);
      return { format: "module", source, shortCircuit: true };
    },
  });
}

function keyOf(url: string | undefined): string | null {
  return url === undefined || !URL.canParse(url) ? null : new URL(url).searchParams.get(KEY);
}

/** JavaScript that gives out what has been made for one virtual user. */
function apiSource(url: string, key: string): string {
  const [address = ""] = url.split("?");
  const name = address === GLOBALS ? GLOBALS : address.slice("k6:".length);
  const found = `globalThis[Symbol.for("koa-ocm.k6-instances")].get(${JSON.stringify(key)})[${JSON.stringify(name)}]`;
  if (name === GLOBALS) {
    return `const api = ${found}; export const { open, console, __ENV, __VU } = api; export let __ITER = api.__ITER; api.onIteration((n) => { __ITER = n; });`;
  }
  const names = Object.keys(apis.get(key)?.[name] ?? {}).join(", ");
  return `const api = ${found}; export default api; export const { ${names} } = api;`;
}

function scriptSource(url: string): string {
  const address = new URL(url);
  address.search = "";
  const file = fileURLToPath(address);
  const known = sources.get(file);
  if (known !== undefined) return known;
  const written = readFileSync(file, "utf8");
  // On the line of the first statement, so that the numbers of lines stay as they are.
  const source = PREFIX + (file.endsWith(".ts") ? stripTypeScriptTypes(written) : written);
  sources.set(file, source);
  return source;
}
