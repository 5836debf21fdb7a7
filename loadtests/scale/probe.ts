import { Agent, request } from "node:http";
import { createHistogram } from "node:perf_hooks";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { LoadRound } from "./generator.ts";

/** A small file that somebody asks for while others are busy. */
export interface Probe {
  url: string;
  headers: Record<string, string>;
  content: string;
  /** Longest wait for an answer, in milliseconds. */
  patience: number;
}

const PAUSE_MS = 10;

/**
 * Asks on one connection, again and again, at least once.
 * @throws Error when an answer is not the file
 */
export async function probeUntil(over: AbortSignal, probe: Probe): Promise<LoadRound> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies = createHistogram();
  const begun = performance.now();
  try {
    do {
      const sent = performance.now();
      await probed(probe, agent);
      latencies.record(Math.max(1, Math.round((performance.now() - sent) * 1000)));
      await delay(PAUSE_MS);
    } while (!over.aborted);
  } finally {
    agent.destroy();
  }
  return {
    answers: latencies.count,
    perSecond: latencies.count / ((performance.now() - begun) / 1000),
    p50: latencies.percentile(50) / 1000,
    p99: latencies.percentile(99) / 1000,
  };
}

function probed({ url, headers, content, patience }: Probe, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers, agent, timeout: patience }, (answer) => {
      text(answer).then((body) => {
        if (answer.statusCode === 200 && body === content) resolve();
        else reject(new Error(`A small file was answered with ${answer.statusCode}: ${body}`));
      }, reject);
    });
    asking.once("timeout", () => asking.destroy(new Error(`A small file did not come within ${patience / 1000} s.`)));
    asking.once("error", reject).end();
  });
}
