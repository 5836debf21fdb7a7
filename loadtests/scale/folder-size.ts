import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { count } from "../../testbed/plots/format.ts";
import { startContender } from "../bench/contender.ts";
import { rawRequest } from "../bench/generator/raw-request.ts";
import { shareAt } from "../bench/open-share.ts";
import { startPeer } from "../bench/peer.ts";
import { ask } from "./ask.ts";
import { oneSheet, type ScaleCurve, type Scene } from "./curve.ts";
import type { GeneratorCalls } from "./generator.ts";
import { GENERATOR } from "./programs.ts";
import { measureLoads } from "./rounds.ts";

const NAME = "folder-size";
const LISTING = "PROPFIND of the folder";
const RANGE = "part of a file";
const FOLDER = "growing";
const CONTENT = "0123456789".repeat(100);
const HEADERS = { depth: "1", "content-type": "application/xml" };
/** What programs that keep folders in step ask for. */
const BODY =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getcontentlength/>' +
  "<d:getlastmodified/><d:getetag/><d:getcontenttype/></d:prop></d:propfind>";
/** Files that are asked for in turn. */
const FILES_ASKED = 1000;
const TOGETHER = 64;
const BYTES_PER_FILE = 8192;
const BYTES_BESIDE = 300 * 2 ** 20;

/** Files in one shared folder. */
export const folderSize: ScaleCurve = {
  name: NAME,
  about: "PROPFIND of depth 1 and GET of a range, by files in the shared folder",
  x: "files in the folder",
  sizes: [10, 100, 1000, 1e4, 1e5],
  sheets: oneSheet("What large folders cost"),
  note: `PROPFIND of depth 1 for five properties; GET of 100 bytes of one of ${count(FILES_ASKED)} files at most.`,
  room: (size) => BYTES_BESIDE + size * BYTES_PER_FILE,

  async measure(plan, scene) {
    const { children } = scene;
    const peer = await startPeer();
    try {
      const ours = await startContender(children, peer, {
        name: `${NAME}: the server under test`,
        folder: plan.folder,
      });
      const generator = children.start<GeneratorCalls>(`${NAME}: the generator`, GENERATOR);
      const [server] = ours.processes;
      if (server === undefined) throw new Error("The server under test has no process.");
      const { origin } = ours;
      for (const [place, size] of plan.sizes.entries()) {
        await grow(join(ours.files, FOLDER), plan.sizes[place - 1] ?? 0, size, scene);
        // An access token lasts an hour, and a run may be longer.
        const share = await shareAt({ server, origin, peer }, `/${FOLDER}`, ["read"]);
        const url = `${origin}${share.path}/`;
        const authorization = { authorization: `Bearer ${share.accessToken}` };
        const listing = { method: "PROPFIND", headers: { ...HEADERS, ...authorization }, body: BODY };
        mustHold(size, await ask(url, 207, listing));
        await generator.call("open", {
          load: LISTING,
          origin,
          expected: { status: 207, begins: "<?xml" },
          source: { kind: "several", requests: [rawRequest("PROPFIND", url, listing.headers, BODY)] },
        });
        const headers = { ...authorization, range: "bytes=101-200" };
        const requests = spread(size).map((file) => rawRequest("GET", url + nameOf(file), headers));
        const expected = { status: 206, begins: CONTENT.slice(101, 201) };
        await generator.call("open", { load: RANGE, origin, expected, source: { kind: "several", requests } });
        const figures = await measureLoads({
          plan,
          generator,
          server: [server],
          loads: [LISTING, RANGE],
          progress: (line) => scene.progress(`${NAME} ${count(size)}: ${line}`),
        });
        await scene.found({ size, figures });
      }
      await Promise.all([ours.stop(), generator.stop()]);
    } finally {
      await peer.close();
    }
  },
};

async function grow(folder: string, from: number, to: number, { signal, progress }: Scene): Promise<void> {
  progress(`${NAME} ${count(to)}: files are made`);
  await mkdir(folder, { recursive: true });
  for (let next = from; next < to && !signal.aborted; next += TOGETHER) {
    const some = Array.from({ length: Math.min(TOGETHER, to - next) }, (_, index) =>
      join(folder, nameOf(next + index)),
    );
    await Promise.all(some.map((file) => writeFile(file, CONTENT)));
  }
}

/** @throws Error when the folder and its files are not all there */
function mustHold(files: number, listing: string): void {
  const found = listing.match(/<\/(\w+:)?response>/gi)?.length ?? 0;
  if (found !== files + 1)
    throw new Error(`A folder of ${files} files was listed with ${found} entries, itself included.`);
}

/** Some of so many files, as far from each other as can be. */
function spread(files: number): number[] {
  const asked = Math.min(files, FILES_ASKED);
  return Array.from({ length: asked }, (_, place) => Math.floor((place * files) / asked));
}

function nameOf(file: number): string {
  return `report-${String(file).padStart(6, "0")}.txt`;
}
