import { type BigIntStats, lstatSync } from "node:fs";
import { readdir } from "node:fs/promises";

/** What a listing is printed with: the server's own answer, with gaps where an entry has its own. */
export interface ListingTemplate {
  /** All before the first child. */
  start: string;
  /** A child. The texts at odd indexes are names of values. */
  child: string[];
  end: string;
}

const RESPONSE = "<d:response>";

/**
 * Reads the template from an answer that lists this folder.
 * @throws Error when what is printed with it is not the same answer, but for the order
 */
export async function templateOf(answer: string, folder: string): Promise<ListingTemplate> {
  const [head = "", own = "", ...children] = answer.split(RESPONSE);
  const last = children.pop() ?? "";
  const ending = last.indexOf("</d:response>") + "</d:response>".length;
  children.push(last.slice(0, ending));
  const [name = ""] = await readdir(folder);
  const values = valuesOf(name, lstatSync(`${folder}/${name}`, { bigint: true }));
  let child = children.find((each) => each.includes(values.name)) ?? "";
  for (const [key, value] of Object.entries(values)) child = child.replaceAll(value, `\0${key}\0`);
  const template = { start: head + RESPONSE + own, child: `${RESPONSE}${child}`.split("\0"), end: last.slice(ending) };
  const printed = await listing(template, folder);
  const sorted = (text: string) => text.replace(template.end, "").split(RESPONSE).sort().join("\n");
  if (sorted(printed) !== sorted(answer)) {
    throw new Error(
      `The yardstick lists something else: ${printed.slice(0, 1500)} instead of ${answer.slice(0, 1500)}`,
    );
  }
  return template;
}

/** Reads the folder, looks at each entry, and prints the whole answer. */
export async function listing({ start, child, end }: ListingTemplate, folder: string): Promise<string> {
  let text = start;
  for (const name of await readdir(folder)) {
    const values = valuesOf(name, lstatSync(`${folder}/${name}`, { bigint: true }));
    for (let part = 0; part < child.length; part += 2) {
      text += child[part];
      const key = child[part + 1];
      if (key !== undefined) text += values[key as keyof typeof values];
    }
  }
  return text + end;
}

/** What is an entry's own, as the server under test writes it. */
function valuesOf(name: string, { ino, size, mtimeNs, ctimeNs, mtimeMs }: BigIntStats) {
  return {
    name: encodeURIComponent(name),
    etag: `${ino}-${size}-${mtimeNs}-${ctimeNs}`,
    size: `>${size}<`,
    modified: new Date(Number(mtimeMs)).toUTCString(),
  };
}
