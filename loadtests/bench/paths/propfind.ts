import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rawRequest } from "../generator/raw-request.ts";
import { type ListingTemplate, listing, templateOf } from "../yardstick/listing.ts";
import type { BenchPath, OpenShare } from "./path.ts";

const FOLDER = "thousand";
const FILES = 1000;
const HEADERS = { depth: "1", "content-type": "application/xml" };
/** What programs that keep folders in step ask for. */
const BODY =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getcontentlength/>' +
  "<d:getlastmodified/><d:getetag/><d:getcontenttype/></d:prop></d:propfind>";

interface Material {
  share: OpenShare;
  /** On disk, for the yardstick and the rival. */
  folder: string;
  template: ListingTemplate;
}

/** PROPFIND of depth 1 on a shared folder of 1,000 files. */
export const propfind1000: BenchPath<Material> = {
  name: "propfind-1000",
  expected: { status: 207, begins: "<?xml" },

  async collect({ origin, files, openShare }) {
    const folder = join(files, FOLDER);
    mkdirSync(folder);
    for (let file = 0; file < FILES; file += 1) {
      writeFileSync(join(folder, `Report ${String(file).padStart(4, "0")}.txt`), "x".repeat(1000 + file));
    }
    const share = await openShare(`/${FOLDER}`, ["read"]);
    const answer = await fetch(`${origin}${share.path}/`, {
      method: "PROPFIND",
      headers: { ...HEADERS, authorization: `Bearer ${share.accessToken}` },
      body: BODY,
    });
    const text = await answer.text();
    if (answer.status !== 207) throw new Error(`PROPFIND was answered with ${answer.status}: ${text}`);
    const template = await templateOf(text, folder);
    return { share, folder, template };
  },

  requests: ({ origin }, { share }) => ({
    same: rawRequest(
      "PROPFIND",
      `${origin}${share.path}/`,
      { ...HEADERS, authorization: `Bearer ${share.accessToken}` },
      BODY,
    ),
  }),

  yardstick(_setup, { folder, template }) {
    return async () => {
      const body = await listing(template, folder);
      return {
        status: 207,
        headers: { "content-type": "application/xml; charset=utf-8", "content-length": Buffer.byteLength(body) },
        body,
      };
    };
  },

  rival: {
    name: "nephele",
    expected: { status: 207, begins: "<?xml" },
    folder: ({ folder }) => folder,
    request: (origin) => rawRequest("PROPFIND", `${origin}/`, HEADERS, BODY),
  },
};
