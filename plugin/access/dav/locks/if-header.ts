import { OcmError } from "../../../protocol/errors.ts";

/** One condition of an If header: a state token, or an entity tag with its quotes. */
interface IfCondition {
  not: boolean;
  kind: "token" | "etag";
  value: string;
}

/** Conditions that have to hold together, for the resource that a tag names, or for the request URI. */
export interface IfList {
  /** As it is written; undefined: the request URI. */
  resource: string | undefined;
  conditions: IfCondition[];
}

/** What is known of a resource that an If header speaks of. A resource that is not there has no entity tag. */
export interface ResourceState {
  /** Tokens of the locks whose scope it is in. */
  tokens: ReadonlySet<string>;
  /** As `entityTag` writes it. Only asked for where a condition names an entity tag. */
  etag(): Promise<string | undefined>;
}

const SPACE = /[ \t]*/y;
const RESOURCE = /<([^<>\s]+)>/y;
const NOT = /not(?=[ \t<[])/iy;
const CODED_URL = /<([^<>\s]+)>/y;
const ENTITY_TAG = /\[[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*")[ \t]*\]/y;
/** A token without its angle brackets, as a deployed server sends it. */
const BARE_TOKEN = /(?!not(?:[\s()<>[\]]|$))[^\s()<>[\]]+/iy;

/**
 * Reads an If header (RFC 4918 section 10.4.2), in linear time. Lists are either all for the request URI, or each for the last resource
 * that was named before it.
 * @throws OcmError bad-request
 */
export function parseIf(value: string): IfList[] {
  const lists: IfList[] = [];
  let resource: string | undefined;
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(value);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match[1] ?? match[0];
  };
  const literal = (character: string): boolean => {
    if (value[at] !== character) return false;
    at += 1;
    return true;
  };
  const condition = (): IfCondition => {
    const not = take(NOT) !== undefined;
    take(SPACE);
    const etag = take(ENTITY_TAG);
    if (etag !== undefined) return { not, kind: "etag", value: etag };
    const token = take(CODED_URL) ?? take(BARE_TOKEN);
    if (token === undefined) throw malformed();
    return { not, kind: "token", value: token };
  };
  take(SPACE);
  while (at < value.length) {
    const named = take(RESOURCE);
    if (named !== undefined) {
      // Either every list has a resource or none.
      if (resource === undefined && lists.length > 0) throw malformed();
      resource = named;
      take(SPACE);
    }
    if (!literal("(")) throw malformed();
    const conditions: IfCondition[] = [];
    take(SPACE);
    while (!literal(")")) {
      conditions.push(condition());
      take(SPACE);
    }
    if (conditions.length === 0) throw malformed();
    lists.push({ resource, conditions });
    take(SPACE);
  }
  if (lists.length === 0) throw malformed();
  return lists;
}

function malformed(): OcmError {
  return new OcmError("bad-request", { message: "The If header cannot be read." });
}

/** A token counts as submitted by being there, also where its list does not hold (RFC 4918 section 10.4.1). */
export function submittedTokens(lists: readonly IfList[]): Set<string> {
  const tokens = lists.flatMap(({ conditions }) => conditions.filter(({ kind }) => kind === "token"));
  return new Set(tokens.map(({ value }) => value));
}

/** Does at least one list hold (RFC 4918 sections 10.4.3 to 10.4.5)? Entity tags are compared strongly. */
export async function ifHolds(
  lists: readonly IfList[],
  stateOf: (resource: string | undefined) => ResourceState,
): Promise<boolean> {
  for (const { resource, conditions } of lists) if (await allHold(conditions, stateOf(resource))) return true;
  return false;
}

async function allHold(conditions: readonly IfCondition[], state: ResourceState): Promise<boolean> {
  for (const { not, kind, value } of conditions) {
    const matches = kind === "token" ? state.tokens.has(value) : (await state.etag()) === value;
    if (matches === not) return false;
  }
  return true;
}
