import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listing, templateOf } from "./listing.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocm-listing-"));
  for (const name of ["one file.txt", "two files.txt"]) await writeFile(join(folder, name), name.repeat(40));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An answer as a server gives it that lists these names, in this order. */
async function answerWith(...names: string[]): Promise<string> {
  let text = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/</d:href></d:response>';
  for (const name of names) {
    const { ino, size, mtimeNs, ctimeNs, mtime } = await stat(join(folder, name), { bigint: true });
    text +=
      `<d:response><d:href>/dav/${encodeURIComponent(name)}</d:href><d:getcontentlength>${size}</d:getcontentlength>` +
      `<d:getlastmodified>${mtime.toUTCString()}</d:getlastmodified>` +
      `<d:getetag>"${ino}-${size}-${mtimeNs}-${ctimeNs}"</d:getetag></d:response>`;
  }
  return `${text}</d:multistatus>`;
}

describe("the yardstick's listing", () => {
  it("is the server's own answer, and follows the folder", async () => {
    const template = await templateOf(await answerWith("two files.txt", "one file.txt"), folder);
    expect(await listing(template, folder)).toBe(await answerWith("one file.txt", "two files.txt"));
    await writeFile(join(folder, "third.txt"), "another size");
    expect(await listing(template, folder)).toBe(await answerWith("one file.txt", "third.txt", "two files.txt"));
  });

  it.each([
    ["leaves a file out", (text: string) => text.replace(/<d:response><d:href>\/dav\/two.*?<\/d:response>/, "")],
    ["has another size", (text: string) => text.replace(/>\d+</, ">1<")],
    ["has another etag", (text: string) => text.replace(/"\d+-/, '"1-')],
  ])("is no measure of an answer that %s", async (_, change) => {
    const answer = change(await answerWith("one file.txt", "two files.txt"));
    await expect(templateOf(answer, folder)).rejects.toThrow("lists something else");
  });
});
