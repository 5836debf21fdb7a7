/** What a `response` element says, as it stands in the document: trimmed, with its references in it. */
export interface ToldResponse {
  href: string;
  /** Was there a propstat of success? */
  found: boolean;
  /** Texts of the wanted properties by local name, and of elements in them as `property/element`; "" for an empty one. */
  properties: ReadonlyMap<string, string>;
}

interface Tag {
  /** As written, with its prefix. */
  name: string;
  local: string;
  kind: "open" | "close" | "empty";
}

/** Names that may not become keys: a parser that reads the document in full refuses them. */
const RESERVED: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
/** A document has few different tags; one that has more of them is strange. */
const REMEMBERED = 500;

/**
 * Reads `response` elements of the common shape: no attributes, comments, CDATA sections or processing instructions, nothing told twice.
 * It does in one pass what a parser does by way of a tree. For anything else it gives undefined, and a parser has to read it.
 * @param wanted local names of the properties to tell of
 * @param isSuccess whether a propstat with this status counts; null: it has none
 */
export function createResponseScanner(
  wanted: ReadonlySet<string>,
  isSuccess: (status: string | null) => boolean,
): (element: string) => ToldResponse | undefined {
  const tags = new Map<string, Tag>();

  function tagOf(text: string): Tag | undefined {
    const known = tags.get(text);
    if (known !== undefined) return known;
    const tag = readTag(text);
    if (tag !== undefined && tags.size < REMEMBERED) tags.set(text, tag);
    return tag;
  }

  return (element) => {
    const scan = createScan(wanted, isSuccess);
    let content = "";
    for (let at = 0; at < element.length; ) {
      const end = element.indexOf(">", at);
      const tag = end === -1 ? undefined : tagOf(element.slice(at + 1, end));
      if (tag === undefined) return undefined;
      const found = element.indexOf("<", end);
      const next = found === -1 ? element.length : found;
      const text = next === end + 1 ? "" : element.slice(end + 1, next).trim();
      // Text stands in an element alone: between an opening tag and its closing one.
      if (tag.kind !== "close" && content !== "") return undefined;
      if (tag.kind !== "open" && text !== "") return undefined;
      if (tag.kind !== "close") scan.open(tag);
      if (tag.kind !== "open" && !scan.close(tag, content)) return undefined;
      content = text;
      at = next;
    }
    return scan.result();
  };
}

function readTag(text: string): Tag | undefined {
  const match = /^(\/?)((?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*))(\/?)$/.exec(text);
  if (match === null) return undefined;
  const [, close, name = "", local = "", empty] = match;
  if (RESERVED.has(local) || (close !== "" && empty !== "")) return undefined;
  return { name, local, kind: close !== "" ? "close" : empty !== "" ? "empty" : "open" };
}

/** Follows the elements of one response: response, propstat, prop, a property, an element in it. */
function createScan(wanted: ReadonlySet<string>, isSuccess: (status: string | null) => boolean) {
  const path: Tag[] = [];
  const properties = new Map<string, string>();
  let href: string | undefined;
  let found = false;
  let here = new Map<string, string>();
  let status: string | undefined;
  let props = 0;

  /** False where it has been told before. */
  function put(key: string, text: string): boolean {
    if (here.has(key)) return false;
    here.set(key, text);
    return true;
  }

  function endOfPropstat(): boolean {
    if (!isSuccess(status === undefined || status === "" ? null : status)) return true;
    found = true;
    for (const [key, text] of here) {
      if (properties.has(key)) return false;
      properties.set(key, text);
    }
    return true;
  }

  /** False for what is not of the common shape. `depth`: the elements around the one that has ended. */
  function ended(local: string, depth: number, text: string): boolean {
    if (depth === 1) {
      if (local === "propstat") return endOfPropstat();
      if (local !== "href") return true;
      if (href !== undefined) return false;
      href = text;
      return true;
    }
    if (path[1]?.local !== "propstat") return true;
    if (depth === 2) {
      if (local === "prop") return ++props === 1;
      if (local !== "status") return true;
      if (status !== undefined) return false;
      status = text;
      return true;
    }
    if (path[2]?.local !== "prop") return true;
    if (depth === 3) return !wanted.has(local) || put(local, text);
    const property = path[3]?.local ?? "";
    return depth !== 4 || !wanted.has(property) || put(`${property}/${local}`, text);
  }

  return {
    open(tag: Tag): void {
      if (path.length === 1 && tag.local === "propstat") {
        here = new Map();
        status = undefined;
        props = 0;
      }
      path.push(tag);
    },
    close(tag: Tag, text: string): boolean {
      return path.pop()?.name === tag.name && ended(tag.local, path.length, text);
    },
    result(): ToldResponse | undefined {
      return path.length === 0 && href !== undefined && href !== "" ? { href, found, properties } : undefined;
    },
  };
}
