import { STATUS_CODES } from "node:http";
import { type HostEntry, HostFileError } from "../../../ports/host.ts";
import type { DeadProperty, ResourceNote } from "../../../ports/records.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { changed } from "../../changes/folder-versions.ts";
import { escapeXml } from "../../xml.ts";
import { hostRefusal, XML_TYPE } from "../error-reply.ts";
import { parseHttpDate } from "../http-date.ts";
import { mayChange } from "../locks/locks.ts";
import { checkPreconditions } from "../preconditions.ts";
import type { DavDeps, DavReply, DavRequest } from "../request.ts";
import { readRequestBody } from "../request-body.ts";
import { existing, resolveNode, versioned } from "../share-node.ts";
import { textOf } from "../xml/xml-body-elements.ts";
import { standalone } from "../xml/xml-body-writer.ts";
import { fits, withProperty } from "./dead-properties.ts";
import { emptyElement, liveProperty } from "./multistatus.ts";
import type { PropertyName } from "./propfind-body.ts";
import { type Instruction, parsePropertyUpdate } from "./proppatch-body.ts";

/** Each time that a write comes too late, another one came through. */
const ATTEMPTS = 100;

/** Why a property was not changed. */
interface Refusal {
  status: number;
  /** What goes into the element `error`. */
  condition?: string;
}

/** What comes of all instructions, one after the other: a refusal of one changes nothing. */
interface Outcome {
  refusals: Map<string, Refusal>;
  properties: readonly DeadProperty[];
  /** The time that the file or folder is to have, and the property that says so. */
  time: { at: number; by: string } | undefined;
}

/**
 * PROPPATCH (RFC 4918 section 9.2): all instructions or none, in the order of the document. What the server does not know is kept as it is;
 * live properties are protected, but for the two by which clients set the time of a file, where the host can do that.
 */
export async function proppatch(request: DavRequest, deps: DavDeps): Promise<DavReply> {
  const { instructions, names } = parsePropertyUpdate(await readRequestBody(request, deps));
  const node = resolveNode(deps, request.path);
  const { path } = node;
  const found = await existing(deps, node);
  const entry = await versioned(deps, path, found);
  checkPreconditions(request, entry);
  await mayChange(request, deps, [{ path, entry }]);
  const refusals = await apply(deps, path, found, instructions);
  const href = found.type === "folder" && !node.href.endsWith("/") ? `${node.href}/` : node.href;
  return reply(href, names, refusals);
}

async function apply(
  deps: DavDeps,
  path: string,
  entry: HostEntry,
  instructions: readonly Instruction[],
): Promise<Map<string, Refusal>> {
  const { store, tree, system } = deps;
  let touched: HostEntry | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const note = await store.notes.get(tree, path);
    const { refusals, properties, time } = decide(instructions, note?.properties ?? [], deps.files.touch !== undefined);
    if (refusals.size > 0) return refusals;
    if (time !== undefined && touched === undefined) {
      const result = await touch(deps, path, time.at);
      if ("status" in result) return new Map([[time.by, result]]);
      touched = result;
    }
    const checksum = stillTrue(note, entry, touched);
    if (properties === note?.properties && checksum === note.checksum) return refusals;
    if (note === undefined && properties.length === 0) return refusals;
    const version = (note?.version ?? 0) + 1;
    const changedNote = { tree, path, version, properties: [...properties], checksum, updatedAt: system.now() };
    if (await store.notes.put(changedNote)) {
      await stillThere(deps, path);
      return refusals;
    }
  }
  throw new OcmError("unavailable", { message: "The properties change too often at once.", retryAfter: 1 });
}

/** What was moved or removed meanwhile leaves no properties behind, which the next file of its name would have. */
async function stillThere(deps: DavDeps, path: string): Promise<void> {
  if ((await deps.files.stat(deps.share.user, path)) !== undefined) return;
  await deps.store.notes.remove(deps.tree, path);
  throw new OcmError("resource-missing");
}

function decide(instructions: readonly Instruction[], before: readonly DeadProperty[], canTouch: boolean): Outcome {
  const refusals = new Map<string, Refusal>();
  let properties = before;
  let time: Outcome["time"];
  for (const { remove, property } of instructions) {
    const { namespace, name } = property;
    const key = keyOf(property);
    const refuse = (refusal: Refusal) => {
      if (!refusals.has(key)) refusals.set(key, refusal);
    };
    if (isTime(property)) {
      const at = remove ? undefined : readTime(textOf(property));
      if (remove || !canTouch) refuse(PROTECTED);
      else if (at === undefined) refuse({ status: 409 });
      else time = { at, by: key };
    } else if (liveProperty(property) !== undefined) {
      refuse(PROTECTED);
    } else if (remove) {
      const left = properties.filter((candidate) => keyOf(candidate) !== key);
      if (left.length < properties.length) properties = left;
    } else if (refusals.size === 0) {
      properties = withProperty(properties, { namespace, name, xml: standalone(property) });
      if (!fits(properties)) refuse({ status: 507 });
    }
  }
  return { refusals, properties, time };
}

const PROTECTED: Refusal = { status: 403, condition: "<d:cannot-modify-protected-property/>" };

function keyOf({ namespace, name }: PropertyName): string {
  return `${namespace} ${name}`;
}

/** Clients of ownCloud and Nextcloud set the one, those of Microsoft the other. */
function isTime(property: PropertyName): boolean {
  const key = keyOf(property);
  return key === "DAV: lastmodified" || key === "urn:schemas-microsoft-com: Win32LastModifiedTime";
}

/** The largest time of a JavaScript Date. */
const LATEST = 8.64e15;

/** Milliseconds since the Unix epoch, of seconds or an HTTP-date. */
function readTime(text: string): number | undefined {
  const value = text.trim();
  const time = /^-?\d{1,13}(\.\d{1,9})?$/.test(value) ? Math.round(Number(value) * 1000) : parseHttpDate(value);
  return time !== undefined && Math.abs(time) <= LATEST ? time : undefined;
}

async function touch(deps: DavDeps, path: string, at: number): Promise<HostEntry | Refusal> {
  try {
    const entry = await deps.files.touch?.(deps.share.user, path, at);
    await changed(deps, [path]);
    return entry ?? PROTECTED;
  } catch (error) {
    const refusal = error instanceof HostFileError ? hostRefusal(error) : error;
    if (!(refusal instanceof OcmError)) throw error;
    return { status: refusal.status };
  }
}

/** The content stays, so what is known of it stays true when the entity tag changes with the time. */
function stillTrue(
  note: ResourceNote | undefined,
  before: HostEntry,
  touched: HostEntry | undefined,
): ResourceNote["checksum"] {
  const checksum = note?.checksum ?? null;
  if (checksum === null || touched === undefined || checksum.etag !== before.etag) return checksum;
  return checksum.etag === touched.etag ? checksum : { ...checksum, etag: touched.etag };
}

/** Properties with the same fate share a `propstat`. Where one is refused, all others fail with it (424). */
function reply(href: string, names: readonly PropertyName[], refusals: ReadonlyMap<string, Refusal>): DavReply {
  const other: Refusal = { status: refusals.size === 0 ? 200 : 424 };
  const groups = new Map<number, { refusal: Refusal; elements: string }>();
  if (names.length === 0) groups.set(200, { refusal: other, elements: "" });
  for (const name of names) {
    const refusal = refusals.get(keyOf(name)) ?? other;
    const group = groups.get(refusal.status) ?? { refusal, elements: "" };
    group.elements += emptyElement(name);
    groups.set(refusal.status, group);
  }
  const parts = [...groups.values()].map(
    ({ refusal: { status, condition }, elements }) =>
      `<d:propstat><d:prop>${elements}</d:prop><d:status>HTTP/1.1 ${status} ${STATUS_CODES[status]}</d:status>` +
      `${condition === undefined ? "" : `<d:error>${condition}</d:error>`}</d:propstat>`,
  );
  const body = Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus xmlns:d="DAV:"><d:response><d:href>${escapeXml(href)}</d:href>${parts.join("")}</d:response></d:multistatus>`,
  );
  return { status: 207, headers: { "content-type": XML_TYPE, "content-length": String(body.length) }, body };
}
