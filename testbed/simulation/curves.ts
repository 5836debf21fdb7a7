import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Curve } from "../plots/curve-form.ts";
import { writeWhole } from "../write-file.ts";
import type { Measured, SimulationReport } from "./report.ts";

/**
 * Makes the numbers of docs/scale.md: simulates federations of growing size, each in a process of its own, and writes a file for each plot,
 * which `npm run draw` draws. Sizes that are in the folder already are not simulated again.
 *
 * npx -c 'node testbed/simulation/curves.ts FOLDER [SERVERS...]'
 */
const COMMAND = fileURLToPath(new URL("../simulate.ts", import.meta.url));
const SIZES = [10, 20, 50, 100, 200, 500];
const USERS_PER_SERVER = 20;
const SHARES_PER_SERVER = 40;
const SEED = "7";

interface Point {
  servers: number;
  report: SimulationReport;
  measured: Measured;
}

async function simulated(servers: number, folder: string): Promise<Point> {
  const [json, measured] = [join(folder, `run-${servers}.json`), join(folder, `run-${servers}-measured.json`)];
  if (!existsSync(json) || !existsSync(measured)) {
    const words = [
      "--servers",
      servers,
      "--users",
      servers * USERS_PER_SERVER,
      "--shares",
      servers * SHARES_PER_SERVER,
    ];
    const files = ["--seed", SEED, "--json", json, "--measured", measured];
    const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...words.map(String), ...files]);
    process.stdout.write(stdout);
  }
  return {
    servers,
    report: JSON.parse(await readFile(json, "utf8")),
    measured: JSON.parse(await readFile(measured, "utf8")),
  };
}

function curvesOf(points: readonly Point[]): Record<string, Curve> {
  const x = { name: "servers", unit: "", log: true };
  const node = points[0]?.measured.node ?? "";
  const note = `Scale-free, steady, ${USERS_PER_SERVER} people and ${SHARES_PER_SERVER} shares for each server, seed ${SEED}.`;
  const line = (name: string, unit: string, y: (point: Point) => number | null) => ({
    name,
    unit,
    points: points.map((point) => ({ x: point.servers, y: y(point) })),
  });
  const loads = ({ report }: Point): number[] => report.servers.map(({ requestsIn }) => requestsIn);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const perShare = ({ report }: Point, count: number): number => count / report.totals.sharesCreated;
  return {
    "scale-messages": {
      title: "What one share costs on the wire",
      x,
      note,
      series: [
        line("messages", "", ({ report }) => report.totals.messagesPerShare),
        line("of these discovery", "", (point) => perShare(point, point.report.caches.discovery.fetches)),
        line("of these keys", "", (point) => perShare(point, point.report.caches.keys.fetches)),
        line("bytes", "bytes", ({ report }) => report.totals.bytesPerShare),
      ],
    },
    "scale-load": {
      title: "Requests at one server",
      x,
      note,
      series: [
        line("mean, in all", "", (point) => Math.round(mean(loads(point)))),
        line("the busiest server, in all", "", (point) => Math.max(...loads(point))),
        line("the busiest second", "1/s", ({ report }) => Math.max(...report.servers.map((one) => one.busiestSecond))),
        line("most neighbours", "peers", ({ report }) => Math.max(...report.servers.map((one) => one.peers))),
      ],
    },
    "scale-latency": {
      title: "How fast it spreads",
      x,
      note: `${note} Virtual time: the network takes 8 to 132 ms there and back.`,
      series: [
        line("share delivered, half", "ms", ({ report }) => report.latencies.shareDelivery.p50),
        line("share delivered, 99 of 100", "ms", ({ report }) => report.latencies.shareDelivery.p99),
        line("revocation known, half", "ms", ({ report }) => report.latencies.revocationSpread.p50),
        line("revocation known, the last", "ms", ({ report }) => report.latencies.revocationSpread.max),
      ],
    },
    "scale-cost": {
      title: "What the simulation takes of this machine",
      x,
      note: `${note} Node ${node.slice(1)}, one thread; other work was on the machine.`,
      series: [
        line(
          "processor time for each share",
          "ms",
          ({ report, measured }) => measured.cpuMs / report.totals.sharesCreated,
        ),
        line("memory", "MiB", ({ measured }) => measured.rssMiB),
      ],
    },
  };
}

const [folder, ...sizes] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("Name the folder for the numbers.\n");
  process.exit(2);
}
await mkdir(folder, { recursive: true });
const points: Point[] = [];
for (const servers of sizes.length === 0 ? SIZES : sizes.map(Number)) points.push(await simulated(servers, folder));
for (const [name, curve] of Object.entries(curvesOf(points))) {
  await writeWhole(join(folder, `${name}.json`), `${JSON.stringify(curve, null, 2)}\n`);
}
