import type { BenchPathReport, BenchReport } from "./read-report.ts";

const PATHS = ["discovery", "jwks", "share-intake", "token", "notification", "propfind-1000", "get-1mib", "put-1mib"];

/** Reports as the bench could have written them over some commits: the same for the same number. */
export function generatedHistory(runs: number): BenchReport[] {
  return Array.from({ length: runs }, (_, run) => {
    const wave = (i: number) => 0.5 + 0.5 * Math.sin(run * 1.7 + i * 2.3);
    return {
      paths: Object.fromEntries(PATHS.map((name, i) => [name, pathOf(i, 0.45 + 0.03 * run + 0.08 * wave(i))])),
      connections: 16,
      seconds: 1,
      rounds: 7,
      yardstick: "node:http",
      database: "sqlite",
      processes: 1,
      machine: { platform: "linux 6.1.0 x64", cpu: "Intel Xeon (virtual)", cores: 2, memoryGiB: 24, load: 0.3 },
      versions: {
        "koa-ocm": "0.1.0",
        node: "24.21.0",
        v8: "13.6.233.10-node.28",
        sqlite: "3.50.4",
        openssl: "3.5.2",
        koa: "3.3.0",
      },
      commit: `${(0xabcdef1 + run * 7919).toString(16)}${"0".repeat(33)}`,
    };
  });
}

function pathOf(i: number, ratio: number): BenchPathReport {
  const yardstick = 90_000 / (i + 1) ** 2;
  const ours = yardstick * ratio;
  const cost = 0.02 * (i + 1) ** 2;
  return {
    ours,
    yardstick,
    ratio,
    cpuRatio: ratio * 1.05,
    spread: {
      ours: [ours * 0.93, ours * 1.04],
      yardstick: [yardstick * 0.95, yardstick * 1.02],
      ratio: [ratio * 0.92, ratio * 1.06],
    },
    cpuMsPerRequest: cost / ratio,
    p50: (cost * 16) / ratio,
    p99: (cost * 70) / ratio,
    rssMiB: 208 + i * 22,
    eventLoopP99Ms: 1.2 + i * 0.8,
    yardstickUse: {
      cpuMsPerRequest: cost,
      p50: cost * 16,
      p99: cost * 40,
      rssMiB: 90 + i * 8,
      eventLoopP99Ms: 1.1 + i * 0.3,
    },
    ...(PATHS[i] === "propfind-1000" ? { rival: { name: "nephele", requestsPerSecond: 2.04, ratio: 129 } } : {}),
  };
}
