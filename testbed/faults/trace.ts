import { mask } from "./mask.ts";
import { headerOf, type Message } from "./message.ts";
import { publishedKeys, readSignature } from "./signature.ts";

/** Columns between the lines of two servers. */
const LANE = 46;
/** How many characters of a body are shown; of JSON more, as it is spread over many lines. */
const SHOWN = 900;
const SHOWN_OF_JSON = 2000;

/** The conversation as a sequence diagram, each message with its headers, body, signature base and verdict. Secrets are masked. */
export function trace(messages: Message[], servers: string[]): string {
  const masked = mask(messages);
  const keys = publishedKeys(messages);
  const head = servers
    .map((name) => name.padEnd(LANE))
    .join("")
    .trimEnd();
  const blocks = messages.map((message) => {
    const lines = [
      ...arrow(`${message.number} ${message.method} ${masked(message.path)}`, message.from, message.to, servers),
      ...arrow(answerOf(message), message.to, message.from, servers),
    ];
    const signature = readSignature(message, keys);
    const details = [
      message.harm === null ? [] : [`fault: ${message.harm}`],
      message.requestHeaders.map(([name, value]) => `> ${name}: ${value}`),
      bodyLines(">", message.requestHeaders, message.requestBody, message.requestBody.length, masked),
      signature === undefined
        ? []
        : [
            `signature base, ${signature.verdict} by ${signature.keyid}:`,
            ...signature.base.split("\n").map((line) => `  ${line}`),
          ],
      message.responseHeaders.map(([name, value]) => `< ${name}: ${value}`),
      bodyLines("<", message.responseHeaders, message.responseBody, message.responseSize, masked),
    ].flat();
    return [...lines, ...details.map((line) => `    ${line}`), ""].join("\n");
  });
  return masked([head, ...blocks].join("\n"));
}

function answerOf({ status, ms }: Message): string {
  const time = ms === null ? "not ended" : `${ms} ms`;
  return status === null ? `no answer (${time})` : `${status} (${time})`;
}

/** The lines of the servers with one arrow between two of them. The text is above it where it is longer. */
function arrow(text: string, from: string | null, to: string | null, servers: string[]): string[] {
  const [start, end] = [from, to].map((name) => (name === null ? -1 : servers.indexOf(name) * LANE));
  if (start === undefined || end === undefined || start < 0 || end < 0) {
    return [`    ${text} (${from ?? "somebody"} → ${to ?? "somebody"})`];
  }
  const [left, right] = start < end ? [start, end] : [end, start];
  const room = right - left - 6;
  const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  const dashes = "─".repeat(room - shown.length);
  const shaft = start < end ? `── ${shown} ${dashes}▶` : `◀${dashes} ${shown} ──`;
  const lane = Array.from({ length: (servers.length - 1) * LANE + 1 }, (_, at): string =>
    at % LANE === 0 ? "│" : " ",
  );
  lane.splice(left + 1, right - left - 1, ...shaft.slice(0, right - left - 1));
  const full = shown === text ? [] : [`    ${text}`];
  return [lane.join(""), ...full];
}

function bodyLines(
  mark: string,
  headers: Message["requestHeaders"],
  body: Buffer,
  size: number,
  masked: (text: string) => string,
): string[] {
  if (body.length === 0) return [];
  const type = headerOf(headers, "content-type") ?? "";
  if (!/json|xml|text|x-www-form-urlencoded/.test(type)) return [`${mark} ${size} bytes of ${type || "no named type"}`];
  // Masked before it is cut: a part of a secret is not found again.
  const text = masked(readable(body.toString("utf8"), type));
  const longest = type.includes("json") ? SHOWN_OF_JSON : SHOWN;
  const cut = text.length > longest ? `${text.slice(0, longest)}… (${size} bytes)` : text;
  return cut.split("\n").map((line) => `${mark} ${line}`);
}

function readable(text: string, type: string): string {
  if (!type.includes("json")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
