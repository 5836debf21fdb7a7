import { posix } from "node:path";
import { type Finding, type Import, importsOf, isTestFile, type Source } from "./source.ts";

interface Arrows {
  /** Rooms, and files of `plugin/` itself, that may be imported. */
  values: readonly string[];
  /** Those of which only types may be imported. */
  types: readonly string[];
}

/** The typed surface of the plugin, written in files of its own. */
const CONTRACTS = ["options.ts", "api.ts", "events.ts"];

/** Who may import what inside `plugin/`. A room may always import itself; tests may import anything. */
const ARROWS: Record<string, Arrows | "all"> = {
  protocol: { values: [], types: [] },
  ports: { values: [], types: ["protocol"] },
  signing: { values: ["protocol", "ports"], types: [] },
  model: { values: ["protocol", "ports"], types: [] },
  peers: { values: ["protocol", "ports", "signing"], types: CONTRACTS },
  sharing: { values: ["protocol", "ports"], types: CONTRACTS },
  deliver: { values: ["ports", "peers", "sharing"], types: CONTRACTS },
  access: { values: ["protocol", "ports", "peers"], types: CONTRACTS },
  endpoints: {
    // The routes table names the rows of the pages too.
    values: ["protocol", "ports", "signing", "peers", "sharing", "deliver", "access", "pages"],
    types: CONTRACTS,
  },
  pages: { values: ["protocol"], types: [...CONTRACTS, "ports", "endpoints"] },
  system: { values: ["ports"], types: [] },
  telemetry: { values: ["ports"], types: CONTRACTS },
  // An adapter that the door itself offers cannot import the door.
  hosts: { values: ["index.ts", "ports"], types: [] },
  cli: { values: ["index.ts"], types: [] },
  "options.ts": { values: [], types: ["protocol", "ports"] },
  "api.ts": { values: [], types: ["protocol", "ports"] },
  "events.ts": { values: [], types: ["protocol", "ports"] },
  "settings.ts": { values: ["protocol"], types: ["ports", "options.ts"] },
  "store-contract.ts": { values: ["model"], types: [] },
  "create-ocm.ts": "all",
  "index.ts": "all",
};

/** The only file of the plugin that the testbed and the load tests may import. */
const DOOR = "plugin/index.ts";

/** Modules of Node that neither read nor write anything: all that `protocol/` may import. */
const PURE_MODULES = new Set(["assert", "buffer", "crypto", "string_decoder", "url", "util"]);

/** Installed by whoever needs it: imported when it is needed, never at the top of a file. */
const OPTIONAL_PEERS = new Set(["@mikro-orm/mongodb", "@opentelemetry/api"]);

/** The host brings it; its types are all that the plugin needs. */
const TYPES_ONLY_PEERS = new Set(["koa"]);

/** Imports that break the arrows between rooms, the purity of `protocol/`, or the list of dependencies. */
export function checkImports(source: Source, dependencies: ReadonlySet<string>): Finding[] {
  const folder = source.path.split("/")[0];
  return importsOf(source).flatMap((each) => {
    const messages =
      folder === "plugin"
        ? [checkRoom(source.path, each), checkPurity(source.path, each), checkPackage(source.path, each, dependencies)]
        : [checkDoor(source.path, each)];
    return messages
      .filter((message) => message !== null)
      .map((message) => ({ file: source.path, line: each.line, message }));
  });
}

function checkRoom(path: string, imported: Import): string | null {
  if (isTestFile(path)) return null;
  const target = targetOf(path, imported.specifier);
  if (target === null) return null;
  if (isTestFile(target)) return `imports ${target}, which is for tests`;
  if (!target.startsWith("plugin/")) return `imports ${target}, which is not part of the plugin`;
  const from = roomOf(path);
  const to = roomOf(target);
  if (from === to) return null;
  const arrows = ARROWS[from];
  if (arrows === undefined) return `${from} is no room of the plugin: scripts/guard/rooms.ts lists them`;
  if (arrows === "all" || arrows.values.includes(to)) return null;
  if (!arrows.types.includes(to)) return `${from} may not import ${to}`;
  return imported.typeOnly ? null : `${from} may import only types of ${to}`;
}

function checkPurity(path: string, imported: Import): string | null {
  if (isTestFile(path) || roomOf(path) !== "protocol" || imported.typeOnly) return null;
  const name = nodeModuleOf(imported.specifier);
  if (name === null || PURE_MODULES.has(name)) return null;
  return `protocol does no input or output, so it may not import ${imported.specifier}`;
}

function checkPackage(path: string, imported: Import, dependencies: ReadonlySet<string>): string | null {
  const { specifier, typeOnly, dynamic } = imported;
  if (isTestFile(path) || isRelative(specifier)) return null;
  if (nodeModuleOf(specifier) !== null) return null;
  const name = packageOf(specifier);
  if (dependencies.has(name)) return null;
  if (OPTIONAL_PEERS.has(name)) {
    return typeOnly || dynamic ? null : `${name} is an optional peer: import it with import() where it is needed`;
  }
  if (TYPES_ONLY_PEERS.has(name)) return typeOnly ? null : `${name} comes with the host: import only its types`;
  return `${name} is not a dependency of the package`;
}

function checkDoor(path: string, imported: Import): string | null {
  const folder = path.split("/")[0];
  if (folder !== "testbed" && folder !== "loadtests") return null;
  const target = targetOf(path, imported.specifier);
  if (target === null || !target.startsWith("plugin/") || target === DOOR) return null;
  // Tests of both may share a helper.
  if (isTestFile(path) && isTestFile(target)) return null;
  return `${folder} may import only ${DOOR} of the plugin, not ${target}`;
}

function isRelative(specifier: string): boolean {
  return /^\.{0,2}\//.test(specifier) || specifier === "." || specifier === "..";
}

function targetOf(path: string, specifier: string): string | null {
  return isRelative(specifier) ? posix.join(posix.dirname(path), specifier) : null;
}

/** `plugin/peers/x.ts` is in the room `peers`; a file of `plugin/` itself is a room of its own. */
function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** The first part of a module's name: `fs` for `node:fs/promises`. Only the `node:` form is used here: biome demands it. */
function nodeModuleOf(specifier: string): string | null {
  return specifier.startsWith("node:") ? (specifier.slice("node:".length).split("/")[0] ?? null) : null;
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
