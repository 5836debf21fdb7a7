import { OcmError } from "../../protocol/errors.ts";

/** Characters that one `response` may have; those of the known servers have one or two thousand. A parser may take long for strange ones. */
const ELEMENT_LIMIT = 24_576;

/**
 * Cuts a multistatus into its `response` elements while it arrives, so that a listing of any length is parsed in small pieces
 * and never stands whole in memory. It knows markup only as far as that needs: where tags, comments, CDATA sections and processing
 * instructions end, and how deep it is.
 */
export class ElementSplitter {
  #text = "";
  /** Where the next token begins, and where the element that is being read began. */
  #at = 0;
  #start = -1;
  #depth = 0;
  #rootSeen = false;

  /** Takes the next piece of text; returns the elements that are complete now. @throws OcmError peer-incompatible */
  push(piece: string): string[] {
    this.#text += piece;
    const complete: string[] = [];
    for (let token = this.#next(); token !== undefined; token = this.#next()) {
      const whole = token.kind === "open" ? this.#whole(token) : UNUSUAL;
      if (whole === UNFINISHED) {
        this.#at = token.start;
        break;
      }
      if (whole !== UNUSUAL) {
        this.#at = whole;
        complete.push(this.#text.slice(token.start, whole));
        continue;
      }
      if (token.kind === "open") this.#open(token);
      if (token.kind === "close" || (token.kind === "open" && token.selfClosing)) {
        const element = this.#close(token);
        if (element !== undefined) complete.push(element);
      }
    }
    const keep = this.#start === -1 ? this.#at : this.#start;
    this.#text = this.#text.slice(keep);
    this.#at -= keep;
    if (this.#start !== -1) this.#start = 0;
    if (this.#text.length > ELEMENT_LIMIT) throw notMultistatus();
    return complete;
  }

  /** @throws OcmError peer-incompatible when the document is not complete */
  end(): void {
    if (!this.#rootSeen || this.#depth !== 0) throw notMultistatus();
  }

  /**
   * Where the response ends that this tag opens, if it is of the usual kind: a tag without attributes, and within the element nothing but
   * elements and text. Then the first closing tag is its own, and the tags in between need not be looked at here.
   */
  #whole({ start, end, selfClosing }: Token): number {
    if (this.#depth !== 1 || this.#start !== -1 || selfClosing) return UNUSUAL;
    const name = this.#text.slice(start + 1, Math.min(end - 1, start + 257));
    if (!/^([^\s/:>"']+:)?response$/.test(name)) return UNUSUAL;
    const closing = this.#text.indexOf(`</${name}`, end);
    const finish = closing + name.length + 2;
    if (closing === -1 || finish === this.#text.length) return UNFINISHED;
    const inner = this.#text.slice(end, closing);
    if (this.#text[finish] !== ">" || inner.includes("<!") || inner.includes("<?")) return UNUSUAL;
    if (finish + 1 - start > ELEMENT_LIMIT) throw notMultistatus();
    return finish + 1;
  }

  #open(token: Token): void {
    if (this.#depth === 0) {
      if (this.#rootSeen || !this.#isNamed("multistatus", token)) throw notMultistatus();
      this.#rootSeen = true;
    }
    if (this.#depth === 1 && this.#isNamed("response", token)) this.#start = token.start;
    this.#depth += 1;
  }

  /** Has this tag the local name, whatever its prefix? */
  #isNamed(name: string, { start, end }: Token): boolean {
    const tag = /^([^\s/:>]+:)?([^\s/:>]+)/.exec(this.#text.slice(start + 1, Math.min(end, start + 257)));
    return tag?.[2] === name;
  }

  #close(token: Token): string | undefined {
    this.#depth -= 1;
    if (this.#depth < 0) throw notMultistatus();
    if (this.#depth !== 1 || this.#start === -1) return undefined;
    const element = this.#text.slice(this.#start, token.end);
    this.#start = -1;
    return element;
  }

  /** The next token that is complete, or undefined. */
  #next(): Token | undefined {
    const start = this.#text.indexOf("<", this.#at);
    if (start === -1) {
      this.#at = this.#text.length;
      return undefined;
    }
    this.#at = start;
    const token = this.#token(start);
    if (token !== undefined) this.#at = token.end;
    return token;
  }

  #token(start: number): Token | undefined {
    const text = this.#text;
    const second = text[start + 1];
    if (second === "/") return this.#until(">", start + 2, "close", start);
    if (second === "?") return this.#until("?>", start + 2, "other", start);
    if (second === "!") return this.#declaration(start);
    const end = tagEnd(text, start + 1);
    if (end === -1) return undefined;
    return { kind: "open", start, end: end + 1, selfClosing: text[end - 1] === "/" };
  }

  /** A comment or CDATA section; a document type is refused. */
  #declaration(start: number): Token | undefined {
    for (const [begin, finish] of SECTIONS) {
      if (this.#text.startsWith(begin, start)) return this.#until(finish, start + begin.length, "other", start);
      // The piece ends within what may become this section.
      if (begin.startsWith(this.#text.slice(start, start + begin.length))) return undefined;
    }
    throw notMultistatus();
  }

  #until(finish: string, from: number, kind: Token["kind"], start: number): Token | undefined {
    const found = this.#text.indexOf(finish, from);
    return found === -1 ? undefined : { kind, start, end: found + finish.length, selfClosing: false };
  }
}

/** In place of an end: it has not all arrived; it has to be followed tag by tag. */
const UNFINISHED = -1;
const UNUSUAL = -2;

interface Token {
  kind: "open" | "close" | "other";
  start: number;
  end: number;
  selfClosing: boolean;
}

const SECTIONS: readonly (readonly [string, string])[] = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
];

/** The `>` of a tag, past quoted attribute values that may hold one, or -1. */
function tagEnd(text: string, from: number): number {
  const first = text.indexOf(">", from);
  if (first === -1 || !/["']/.test(text.slice(from, first))) return first;
  let quote = "";
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === ">") {
      return at;
    } else if (character === '"' || character === "'") {
      quote = character;
    }
  }
  return -1;
}

/** The answer to a PROPFIND was something else than a multistatus. */
export function notMultistatus(cause?: unknown): OcmError {
  return new OcmError("peer-incompatible", {
    message: "The owner's server answered with something that is no WebDAV listing.",
    cause,
  });
}
