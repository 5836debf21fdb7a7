import type { HostEntry } from "../../../ports/host.ts";
import type { DeadProperty } from "../../../ports/records.ts";
import { escapeXml } from "../../xml.ts";
import {
  NAMESPACES,
  PROPERTIES,
  type Property,
  type PropertyContext,
  type PropertySource,
  type Resource,
} from "./properties.ts";
import type { PropertyName, PropfindRequest } from "./propfind-body.ts";

/** The beginning of a `multistatus` document, with the prefixes of `NAMESPACES`, and its end. */
export const MULTISTATUS_HEAD = `<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus${Object.entries(NAMESPACES)
  .map(([prefix, namespace]) => ` xmlns:${prefix}="${namespace}"`)
  .join("")}>`;
export const MULTISTATUS_TAIL = "</d:multistatus>";

const FOUND = "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>";
const MISSING = "</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>";

/** What one PROPFIND tells of each resource. */
export interface Plan {
  columns: readonly Column[];
  /** What has to be read for it. */
  sources: ReadonlySet<PropertySource>;
  /** All dead properties: with their values, their names alone, or only those that a column names. */
  dead: "values" | "names" | "named";
}

/** A live property, or a name that may be a dead one. */
interface Column extends Pick<Property, "source" | "ofFiles" | "ofType"> {
  /** Set where every resource that can have it has it: the element is this between two constant tags. */
  always?: { open: string; close: string; value: Value };
  /** The element without content. */
  empty: string;
  /** The whole element, null where the resource does not have it. */
  element(resource: Resource, context: PropertyContext): string | null;
}

type Value = (resource: Resource, context: PropertyContext) => string | null;

/** Decides once for a request what is told of each of its resources. */
export function planOf(request: PropfindRequest): Plan {
  const columns = columnsOf(request);
  const sources = new Set(columns.flatMap(({ source }) => source ?? []));
  if (request.kind === "some") return { columns, sources, dead: "named" };
  sources.add("note");
  return { columns, sources, dead: request.kind === "all" ? "values" : "names" };
}

function columnsOf(request: PropfindRequest): Column[] {
  if (request.kind === "some") return request.names.map(column);
  if (request.kind === "names") return PROPERTIES.map((property) => known(property, true));
  // What `include` names beside is told anyway, but for those that are not for `allprop` (RFC 4918 section 14.8).
  const included = request.include.map(liveProperty);
  return PROPERTIES.filter((property) => !property.namedOnly || included.includes(property)).map((property) =>
    known(property, false),
  );
}

/** Prints one `response` element (RFC 4918 section 14.24). `href` is XML already. */
export type ResponseWriter = (href: string, resource: Resource) => string;

/** Brings a plan and what its resources have in common together; what is the same for all files or all folders is printed once. */
export function responseWriter(plan: Plan, context: PropertyContext): ResponseWriter {
  const steps = { file: stepsFor("file", plan, context), folder: stepsFor("folder", plan, context) };
  const tellMissing = plan.dead === "named";
  return (href, resource) => {
    let found = "";
    const { parts, absent } = steps[resource.entry.type];
    let missing = absent;
    for (const part of parts) {
      if (typeof part === "string") {
        found += part;
        continue;
      }
      if (typeof part === "function") {
        found += part(resource, context);
        continue;
      }
      const element = part.element(resource, context);
      if (element === null) missing += part.empty;
      else found += element;
    }
    if (plan.dead !== "named" && resource.note !== undefined) found += deadOf(resource.note.properties, plan.dead);
    // The part with status 200 comes first and is never left out: some clients read no other.
    return `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${found}${FOUND}${
      tellMissing && missing !== "" ? `<d:propstat><d:prop>${missing}${MISSING}` : ""
    }</d:response>`;
  };
}

interface Steps {
  /** Text that is the same for each, values that stand within it, and columns that one resource has and another has not. */
  parts: (string | Value | Column)[];
  /** Elements of what no resource of this type has. */
  absent: string;
}

function stepsFor(type: HostEntry["type"], { columns }: Plan, context: PropertyContext): Steps {
  const sample: Resource = {
    entry: { name: "", type, size: 0, modifiedAt: 0, etag: "" },
    path: "",
    displayName: "",
    note: undefined,
  };
  const steps: Steps = { parts: [], absent: "" };
  const print = (text: string) => {
    if (typeof steps.parts.at(-1) === "string") steps.parts.push(`${steps.parts.pop()}${text}`);
    else steps.parts.push(text);
  };
  for (const each of columns) {
    const never = each.ofFiles === true && type === "folder";
    const isFixed = never || each.ofType === true || (each.source === "locks" && !context.locks?.locks.length);
    const fixed = never ? null : each.element(sample, context);
    if (isFixed && fixed === null) steps.absent += each.empty;
    else if (isFixed && fixed !== null) print(fixed);
    else if (each.always !== undefined) {
      print(each.always.open);
      steps.parts.push(each.always.value);
      print(each.always.close);
    } else steps.parts.push(each);
  }
  return steps;
}

function deadOf(properties: readonly DeadProperty[], what: "values" | "names"): string {
  let text = "";
  for (const property of properties) text += what === "values" ? property.xml : emptyElement(property);
  return text;
}

function known({ prefix, name, value, always, ...traits }: Property, nameOnly: boolean): Column {
  const tag = `${prefix}:${name}`;
  const [open, close, empty] = [`<${tag}>`, `</${tag}>`, `<${tag}/>`];
  return {
    ...traits,
    empty,
    ...(always && !nameOnly ? { always: { open, close, value } } : {}),
    element(resource, context) {
      const content = value(resource, context);
      if (content === null) return null;
      return content === "" || nameOnly ? empty : open + content + close;
    },
  };
}

/** The live property of this name, if there is one. */
export function liveProperty({ namespace, name }: PropertyName): Property | undefined {
  return PROPERTIES.find((candidate) => candidate.name === name && NAMESPACES[candidate.prefix] === namespace);
}

function column(asked: PropertyName): Column {
  const property = liveProperty(asked);
  if (property !== undefined) return known(property, false);
  return {
    source: "note",
    empty: emptyElement(asked),
    element: ({ note }) =>
      note?.properties.find(({ namespace, name }) => namespace === asked.namespace && name === asked.name)?.xml ?? null,
  };
}

/** The element of a property without content, for a document in which the prefix `d` stands for DAV:. */
export function emptyElement({ namespace, name }: PropertyName): string {
  if (namespace === "DAV:") return `<d:${name}/>`;
  return namespace === "" ? `<${name}/>` : `<x:${name} xmlns:x="${escapeXml(namespace)}"/>`;
}
