import ts from "typescript";
import { type Finding, importsOf, isTestFile, lineOf, type Source } from "./source.ts";

/** Global functions that are clocks, timers or the network. */
const GLOBALS = new Set([
  "setTimeout",
  "setInterval",
  "setImmediate",
  "fetch",
  "performance",
  "WebSocket",
  "EventSource",
  "XMLHttpRequest",
]);

/** Objects whose listed members are clocks, timers or randomness. */
const MEMBERS: Record<string, ReadonlySet<string>> = {
  Date: new Set(["now"]),
  Math: new Set(["random"]),
  process: new Set(["hrtime", "uptime"]),
  AbortSignal: new Set(["timeout"]),
  Temporal: new Set(["Now"]),
};

/** Randomness of node:crypto and of the web's crypto, by whatever name the module is known. */
const RANDOM = new Set([
  "generateKey",
  "generateKeyPair",
  "generateKeyPairSync",
  "generateKeySync",
  "generatePrime",
  "generatePrimeSync",
  "getRandomValues",
  "pseudoRandomBytes",
  "randomBytes",
  "randomFill",
  "randomFillSync",
  "randomInt",
  "randomUUID",
]);

/** Modules of which no value may be imported but those that are listed. */
const MODULES: Record<string, ReadonlySet<string>> = {
  undici: new Set(),
  "node:timers": new Set(),
  "node:timers/promises": new Set(),
  "node:perf_hooks": new Set(),
  "node:http": new Set(["STATUS_CODES", "METHODS"]),
  "node:https": new Set(),
  "node:http2": new Set(["constants"]),
  "node:net": new Set(["isIP", "isIPv4", "isIPv6", "BlockList", "SocketAddress"]),
  "node:tls": new Set(),
  "node:dns": new Set(),
  "node:dns/promises": new Set(),
  "node:dgram": new Set(),
};

/**
 * Clocks, timers, randomness and the network, used elsewhere than in `plugin/system`. A name that the file declares itself is
 * its own affair: a parameter `fetch` is not the global one.
 */
export function checkMachine(source: Source): Finding[] {
  if (!source.path.startsWith("plugin/") || source.path.startsWith("plugin/system/")) return [];
  // The contract suite is published, but it is run by tests.
  if (isTestFile(source.path) || source.path.startsWith("plugin/model/contract/")) return [];
  const found: Finding[] = [];
  const report = (line: number, what: string) =>
    found.push({ file: source.path, line, message: `${what} is for plugin/system only: use the System port` });

  for (const { specifier, typeOnly, values, line } of importsOf(source)) {
    const permitted = MODULES[specifier];
    if (permitted === undefined || typeOnly) continue;
    if (values?.every((name) => permitted.has(name))) continue;
    report(line, specifier);
  }

  const declared = declaredNames(source);
  const visit = (node: ts.Node): void => {
    const what = usedMachine(node, declared);
    if (what !== null) report(lineOf(source, node), what);
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return found;
}

function usedMachine(node: ts.Node, declared: ReadonlySet<string>): string | null {
  if (ts.isNewExpression(node) && isNamed(node.expression, "Date") && !node.arguments?.length) return "new Date()";
  if (ts.isCallExpression(node) && isNamed(node.expression, "Date")) return "Date()";
  if (ts.isPropertyAccessExpression(node)) return usedMember(node);
  if (ts.isImportSpecifier(node)) {
    const name = (node.propertyName ?? node.name).text;
    return RANDOM.has(name) ? name : null;
  }
  if (ts.isIdentifier(node) && GLOBALS.has(node.text) && !declared.has(node.text) && isReference(node))
    return node.text;
  return null;
}

function usedMember(node: ts.PropertyAccessExpression): string | null {
  const member = node.name.text;
  if (RANDOM.has(member)) return member;
  const object = node.expression;
  const name = ts.isIdentifier(object) || ts.isPropertyAccessExpression(object) ? lastName(object) : "";
  if (name === "globalThis" && GLOBALS.has(member)) return `globalThis.${member}`;
  return Object.hasOwn(MEMBERS, name) && MEMBERS[name]?.has(member) ? `${name}.${member}` : null;
}

function lastName(node: ts.Identifier | ts.PropertyAccessExpression): string {
  return ts.isIdentifier(node) ? node.text : node.name.text;
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** The identifier stands for the value of that name, and is not the name of a member, a label or a type. */
function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isTypeReferenceNode(parent) || ts.isTypeQueryNode(parent) || ts.isQualifiedName(parent)) return false;
  return !isDeclarationName(node);
}

function isDeclarationName(node: ts.Identifier): boolean {
  const parent: ts.Node & { name?: ts.Node; propertyName?: ts.Node } = node.parent;
  return parent.name === node || parent.propertyName === node;
}

/** Names that the file binds somewhere: by import, variable, parameter or function. */
function declaredNames(source: Source): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const binds =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node) ||
      ts.isNamespaceImport(node);
    if (binds && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return names;
}
