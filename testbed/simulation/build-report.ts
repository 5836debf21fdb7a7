import { readFileSync } from "node:fs";
import type { RunningFederation } from "./federation.ts";
import type { Ledger, Told } from "./ledger.ts";
import type { Incident, LinkFigures, Sample, SimulationReport } from "./report.ts";
import type { Sampled } from "./sampler.ts";
import type { SimulationSettings } from "./settings.ts";
import { distribution, type Tally } from "./tally.ts";
import type { World } from "./world.ts";

export interface ReportParts {
  settings: SimulationSettings;
  world: World;
  ledger: Ledger;
  tally: Tally;
  /** Undefined: it never stood. */
  federation: RunningFederation | undefined;
  samples: readonly Sampled[];
  incidents: Incident[];
  invariants: SimulationReport["invariants"];
  /** By server, the most messages that waited at one time. */
  backlogs: readonly number[];
  complete: boolean;
  start: number;
  end: number;
}

/** Kinds of messages for which the peer's discovery document is needed, and those for whose check its keys are. */
const SIGNED = new Set(["shares", "notifications", "invite-accepted", "token"]);

/** Puts everything that was counted into the form of a report. */
export function buildReport(parts: ReportParts): SimulationReport {
  const { settings, ledger, tally, federation, invariants, complete, start, end, incidents } = parts;
  const created = ledger.all.filter(({ createdAt, planned }) => createdAt !== null && planned.kind !== "forged");
  const messages = tally.byKind();
  const total = tally.messages();
  const bytes = messages.reduce((sum, kind) => sum + kind.bytes, 0);
  const perShare = (count: number): number | null => (created.length === 0 ? null : round(count / created.length));
  const signed = messages.filter(({ kind }) => SIGNED.has(kind)).reduce((sum, kind) => sum + kind.messages, 0);
  const cache = (kind: string) => {
    const found = messages.find((message) => message.kind === kind);
    const fetches = found?.messages ?? 0;
    return { fetches, hits: Math.max(0, signed - fetches), bytes: found?.bytes ?? 0 };
  };
  const spans = (pick: (told: Told) => readonly [number | null, number | null]): number[] =>
    created.flatMap((told) => {
      const [from, to] = pick(told);
      return from === null || to === null ? [] : [Math.max(0, to - from)];
    });
  const revoked = created.filter(({ endedBy, endedAt }) => endedBy === "owner" && endedAt !== null);
  return {
    format: "koa-ocm simulation 1",
    version: versionOfPackage(),
    settings: { ...settings },
    complete,
    duration: end - start,
    totals: {
      sharesCreated: created.length,
      sharesReceived: created.filter(({ arrivedAt }) => arrivedAt !== null).length,
      sharesAccepted: created.filter(({ accepted }) => accepted === true).length,
      sharesEnded: created.filter(({ endedAt }) => endedAt !== null).length,
      sharesRejected: federation?.rejected() ?? 0,
      filesRead: created.reduce((sum, { reads }) => sum + reads, 0),
      messages: total,
      bytes,
      messagesPerShare: perShare(total),
      bytesPerShare: perShare(bytes),
      deliveries: federation?.deliveries ?? { acknowledged: 0, repeated: 0, parked: 0 },
    },
    messages,
    latencies: {
      shareDelivery: distribution(spans(({ clickedAt, arrivedAt }) => [clickedAt, arrivedAt])),
      answerDelivery: distribution(spans(({ answeredAt, answerKnownAt }) => [answeredAt, answerKnownAt])),
      revocationSpread: distribution(
        spans(({ endedAt, endedBy, endKnownAt }) => [endedBy === "owner" ? endedAt : null, endKnownAt]),
      ),
      accessAfterRevocation: distribution(
        revoked
          .filter(({ lateReads }) => lateReads > 0)
          .map(({ endedAt, lastAccessAt }) => Math.max(0, (lastAccessAt ?? 0) - (endedAt ?? 0))),
      ),
    },
    caches: { discovery: cache("ocm"), keys: cache("jwks.json") },
    samples: samplesOf(parts),
    incidents,
    servers: serversOf(parts),
    links: linksOf(parts),
    invariants,
  };
}

function samplesOf({ samples, ledger, start }: ReportParts): Sample[] {
  const times = (when: (told: Told) => number | null): number[] =>
    ledger.all.flatMap((told) => when(told) ?? []).sort((one, other) => one - other);
  const created = times(({ createdAt }) => createdAt);
  const received = times(({ arrivedAt }) => arrivedAt);
  const ended = times(({ endedAt }) => endedAt);
  const until = (sorted: number[], at: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  let [messages, failed] = [0, 0];
  return samples.map((sample) => {
    const made: Sample = {
      at: sample.at,
      backlog: sample.backlog,
      sharesCreated: until(created, start + sample.at),
      sharesReceived: until(received, start + sample.at),
      sharesEnded: until(ended, start + sample.at),
      messages: sample.messages - messages,
      failed: sample.failed - failed,
    };
    ({ messages, failed } = sample);
    return made;
  });
}

function serversOf({ world, ledger, tally, backlogs }: ReportParts): SimulationReport["servers"] {
  const figures = world.federation.sites.map(({ name, host, role, group }, index) => {
    const { requestsIn, requestsOut, bytesIn, bytesOut, busiestSecond } = tally.ofHost(host);
    return {
      name,
      host,
      role,
      group,
      users: world.peopleOf[index]?.length ?? 0,
      peers: 0,
      sharesSent: 0,
      sharesReceived: 0,
      requestsIn,
      requestsOut,
      bytesIn,
      bytesOut,
      busiestSecond,
      longestBacklog: backlogs[index] ?? 0,
    };
  });
  const peers = figures.map(() => new Set<number>());
  for (const { planned, createdAt, arrivedAt } of ledger.all) {
    if (createdAt === null) continue;
    const { from, to } = planned;
    const [sender, receiver] = [figures[from.site], figures[to.site]];
    if (sender !== undefined) sender.sharesSent += 1;
    if (receiver !== undefined && arrivedAt !== null) receiver.sharesReceived += 1;
    peers[from.site]?.add(to.site);
    peers[to.site]?.add(from.site);
  }
  for (const [index, figure] of figures.entries()) figure.peers = peers[index]?.size ?? 0;
  return figures;
}

function linksOf({ world, ledger, tally }: ReportParts): LinkFigures[] {
  const nameOf = new Map(world.federation.sites.map(({ host, name }) => [host, name]));
  const shares = new Map<string, number>();
  for (const { planned, createdAt } of ledger.all) {
    if (createdAt === null) continue;
    const key = `${world.federation.sites[planned.from.site]?.host} ${world.federation.sites[planned.to.site]?.host}`;
    shares.set(key, (shares.get(key) ?? 0) + 1);
  }
  return tally
    .links()
    .map(({ from, to, messages }) => ({
      from: nameOf.get(from) ?? from,
      to: nameOf.get(to) ?? to,
      messages,
      shares: shares.get(`${from} ${to}`) ?? 0,
    }))
    .sort((one, other) => other.messages - one.messages || (one.from + one.to < other.from + other.to ? -1 : 1));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function versionOfPackage(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return String(version);
}
