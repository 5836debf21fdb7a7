import { open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MIB, patterned, plant, temporaryFolder } from "./files.test-helper.ts";
import { lacks, run } from "./programs.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

const missing = lacks("curl");

describe.skipIf(missing)("curl", { timeout: 60_000 }, () => {
  let world: DavWorld;
  let share: DavShare;
  const bytes = patterned(4 * MIB);

  beforeAll(async () => {
    world = await davWorld();
    share = await world.share(await folderOf(world, "curled"), { strict: true });
    await plant(share.disk, { "digits.txt": "0123456789", "big.bin": bytes });
  });
  afterAll(() => world.close());

  /** Runs curl for a path of the share. Its standard output is the head of the last answer, a blank line, and the body. */
  async function curl(path: string, ...args: string[]) {
    const head = ["--silent", "--show-error", "--include", "--oauth2-bearer", share.token];
    const ended = await run("curl", [...head, ...args, `${share.url}/${path}`]);
    const answers = ended.stdout.split(/^(?=HTTP\/1\.1 )/m);
    const [top = "", ...rest] = (answers.at(-1) ?? "").split("\r\n\r\n");
    const fields = top
      .split("\r\n")
      .slice(1)
      .map((line) => line.split(/: (.*)/s).slice(0, 2));
    const headers: Record<string, string> = Object.fromEntries(
      fields.map(([name = "", value = ""]) => [name.toLowerCase(), value]),
    );
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(top)?.[1] ?? 0);
    return {
      ...ended,
      status,
      headers,
      body: rest.join("\r\n\r\n"),
      statuses: answers.map((each) => each.slice(9, 12)),
    };
  }

  async function etagOf(path: string): Promise<string> {
    return (await curl(path, "--head")).headers.etag ?? "";
  }

  it("reads one range, from the start, the middle and the end", async () => {
    expect(await curl("digits.txt", "--range", "0-3")).toMatchObject({
      status: 206,
      body: "0123",
      headers: { "content-range": "bytes 0-3/10", "content-length": "4" },
    });
    expect(await curl("digits.txt", "--range", "7-")).toMatchObject({ status: 206, body: "789" });
    expect(await curl("digits.txt", "--range", "-2")).toMatchObject({ status: 206, body: "89" });
    expect(await curl("digits.txt", "--range", "8-99")).toMatchObject({ status: 206, body: "89" });
    expect(await curl("digits.txt", "--range", "10-")).toMatchObject({
      status: 416,
      headers: { "content-range": "bytes */10" },
    });
  });

  it("reads several ranges as multipart/byteranges", async () => {
    const { status, headers, body } = await curl("digits.txt", "--range", "0-1,4-5,-1");
    expect(status).toBe(206);
    const boundary = /^multipart\/byteranges; *boundary="?([^"]+)"?$/.exec(headers["content-type"] ?? "")?.[1];
    expect(boundary, headers["content-type"]).toBeDefined();
    expect(Number(headers["content-length"])).toBe(Buffer.byteLength(body));
    const parts = body.split(`--${boundary}`).slice(1, -1);
    const read = parts.map((part) => {
      const [head = "", text = ""] = part.split("\r\n\r\n");
      return [/content-range: (.*)/i.exec(head)?.[1]?.trim(), text.replace(/\r\n$/, "")];
    });
    expect(read).toEqual([
      ["bytes 0-1/10", "01"],
      ["bytes 4-5/10", "45"],
      ["bytes 9-9/10", "9"],
    ]);
    expect(body.trimEnd().endsWith(`--${boundary}--`)).toBe(true);
  });

  it("reads a part only while If-Range holds", async () => {
    const etag = await etagOf("digits.txt");
    expect(etag).toMatch(/^"[^"]+"$/);
    const part = ["--range", "2-3", "--header"];
    expect(await curl("digits.txt", ...part, `If-Range: ${etag}`)).toMatchObject({ status: 206, body: "23" });
    expect(await curl("digits.txt", ...part, 'If-Range: "other"')).toMatchObject({ status: 200, body: "0123456789" });
    expect(await curl("digits.txt", ...part, `If-Range: W/${etag}`)).toMatchObject({ status: 200 });
  });

  it("asks whether a file has changed since", async () => {
    const etag = await etagOf("digits.txt");
    expect(await curl("digits.txt", "--header", `If-None-Match: ${etag}`)).toMatchObject({ status: 304, body: "" });
    const modified = (await curl("digits.txt", "--head")).headers["last-modified"];
    expect(await curl("digits.txt", "--header", `If-Modified-Since: ${modified}`)).toMatchObject({ status: 304 });
    await writeFile(join(share.disk, "changes.txt"), "one");
    const before = await etagOf("changes.txt");
    await writeFile(join(share.disk, "changes.txt"), "two");
    expect(await curl("changes.txt", "--header", `If-None-Match: ${before}`)).toMatchObject({
      status: 200,
      body: "two",
    });
  });

  it("resumes a download where it ended", async () => {
    await using local = await temporaryFolder();
    const file = join(local.path, "big.bin");
    await writeFile(file, bytes.subarray(0, 1_234_567));
    const args = ["--silent", "--show-error", "--fail", "--oauth2-bearer", share.token];
    const ended = await run("curl", [...args, "--continue-at", "-", "--output", file, `${share.url}/big.bin`]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(bytes.equals(await readFile(file))).toBe(true);
  });

  it("writes a file if it is still the one that was read, and else leaves it", async () => {
    await using local = await temporaryFolder();
    await plant(local.path, { mine: "mine", late: "late" });
    await plant(share.disk, { "guarded.txt": "first" });
    const etag = await etagOf("guarded.txt");
    const put = (name: string, condition: string) =>
      curl("guarded.txt", "--upload-file", join(local.path, name), "--header", condition);
    const written = await put("mine", `If-Match: ${etag}`);
    expect(written.status).toBe(204);
    expect(written.headers.etag).toBe(await etagOf("guarded.txt"));
    expect(await put("late", `If-Match: ${etag}`)).toMatchObject({ status: 412 });
    expect(await put("late", "If-None-Match: *")).toMatchObject({ status: 412 });
    expect(await readFile(join(share.disk, "guarded.txt"), "utf8")).toBe("mine");
    expect(
      (await curl("new.txt", "--upload-file", join(local.path, "mine"), "--header", "If-None-Match: *")).status,
    ).toBe(201);
  });

  it("writes after Expect: 100-continue", async () => {
    await using local = await temporaryFolder();
    const file = join(local.path, "big.bin");
    await writeFile(file, bytes);
    const sent = await curl("expected.bin", "--upload-file", file, "--header", "Expect: 100-continue");
    expect(sent).toMatchObject({ code: 0, status: 201 });
    expect(sent.stdout).toMatch(/^HTTP\/1\.1 100 Continue/);
    expect(bytes.equals(await readFile(join(share.disk, "expected.bin")))).toBe(true);
  });

  it("writes in chunks, of a length that nobody knows before", async () => {
    await using local = await temporaryFolder();
    const file = join(local.path, "big.bin");
    await writeFile(file, bytes);
    const chunked = ["--header", "Transfer-Encoding: chunked", "--upload-file", file];
    expect(await curl("chunked.bin", ...chunked)).toMatchObject({ code: 0, status: 201 });
    expect(bytes.equals(await readFile(join(share.disk, "chunked.bin")))).toBe(true);
  });

  it("leaves the old file when it is cut off in the middle of a new one", async () => {
    await using local = await temporaryFolder();
    const file = join(local.path, "large");
    // A file of zeros that takes no room.
    await using handle = await open(file, "w");
    await handle.truncate(512 * MIB);
    await plant(share.disk, { "cut/kept.txt": "the old content" });
    const slow = ["--limit-rate", "4M", "--max-time", "1", "--upload-file", file];
    expect((await curl("cut/kept.txt", ...slow)).code).toBe(28);
    expect((await curl("cut/new.txt", ...slow)).code).toBe(28);
    await expect.poll(() => readdir(join(share.disk, "cut")), { timeout: 5000 }).toEqual(["kept.txt"]);
    expect(await readFile(join(share.disk, "cut/kept.txt"), "utf8")).toBe("the old content");
  });

  it("cannot write a part of a file", async () => {
    await using local = await temporaryFolder();
    await plant(local.path, { part: "XX" });
    await plant(share.disk, { "whole.txt": "0123" });
    const sent = await curl(
      "whole.txt",
      "--upload-file",
      join(local.path, "part"),
      "--header",
      "Content-Range: bytes 1-2/4",
    );
    expect(sent.status).toBe(400);
    expect(await readFile(join(share.disk, "whole.txt"), "utf8")).toBe("0123");
  });

  it("is refused without credentials, and is offered Bearer alone", async () => {
    const { stdout } = await run("curl", ["--silent", "--include", `${share.url}/digits.txt`]);
    expect(stdout).toMatch(/^HTTP\/1\.1 401 /);
    expect(stdout.match(/(?<=^www-authenticate: ).*$/gim)).toEqual(['Bearer realm="OCM"']);
  });
});
