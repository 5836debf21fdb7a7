import type {
  Distribution,
  Incident,
  LinkFigures,
  Measured,
  Sample,
  ServerFigures,
  SimulationReport,
} from "../report.ts";

/** What kind of federation a made-up report is about. */
export type Shape = "star" | "mesh" | "scale-free" | "federations" | "national";

const DURATION = 4 * 3_600_000;
const SAMPLES = 481;

/** A report as a simulation could have written it: the same for the same words. */
export function generatedReport(servers: number, shape: Shape, seed = 7): SimulationReport {
  const random = mulberry(seed * 7919 + servers);
  const nodes = nodesOf(servers, shape);
  const links = linksOf(nodes, shape, random);
  const traffic = trafficOf(links);
  const figures = nodes.map((node, i) => serverOf(node, i, traffic, random));
  const shares = servers * 200;
  const samples = samplesOf(shares, random);
  const messages = samples.reduce((all, sample) => all + sample.messages, 0);
  const kinds = kindsOf(messages, random);
  const bytes = kinds.reduce((all, kind) => all + kind.bytes, 0);
  return {
    format: "koa-ocm simulation 1",
    version: "0.1.0",
    settings: {
      servers,
      users: servers * 20,
      shares,
      topology: shape,
      workload: "steady",
      fault: "partition",
      seed: String(seed),
    },
    complete: true,
    duration: DURATION,
    totals: {
      sharesCreated: shares,
      sharesReceived: shares,
      sharesAccepted: Math.round(shares * 0.83),
      sharesEnded: Math.round(shares * 0.4),
      sharesRejected: Math.round(shares * 0.002),
      filesRead: shares * 3,
      messages,
      bytes,
      messagesPerShare: messages / shares,
      bytesPerShare: bytes / shares,
      deliveries: { acknowledged: shares * 2, repeated: Math.round(shares * 0.03), parked: 4 },
    },
    messages: kinds,
    latencies: {
      shareDelivery: distribution(shares, 180),
      answerDelivery: distribution(Math.round(shares * 0.83), 240),
      revocationSpread: distribution(Math.round(shares * 0.4), 900),
      accessAfterRevocation: { count: Math.round(shares * 0.4), mean: 0, p50: 0, p90: 0, p99: 0, max: 0 },
    },
    caches: {
      discovery: { fetches: links.length, hits: messages - links.length, bytes: links.length * 2100 },
      keys: { fetches: Math.round(links.length * 1.2), hits: Math.round(messages * 0.8), bytes: links.length * 900 },
    },
    samples,
    incidents: INCIDENTS,
    servers: figures,
    links,
    invariants: INVARIANTS.map((name, i) => ({ name, holds: true, checked: shares * (i + 1), broken: [] })),
  };
}

/** The same report with what it should never have. */
export function brokenReport(report: SimulationReport): SimulationReport {
  const [first, ...rest] = report.invariants;
  const broken = Array.from(
    { length: 10 },
    (_, i) => `share ${i} of alice@s0.example: accepted at the receiver, pending at the sender`,
  );
  return { ...report, invariants: first === undefined ? [] : [{ ...first, holds: false, broken }, ...rest] };
}

/** What an interrupted run says when nothing had happened. */
export function emptyReport(): SimulationReport {
  const report = generatedReport(1, "star");
  const none: Distribution = { count: 0, mean: null, p50: null, p90: null, p99: null, max: null };
  return {
    ...report,
    complete: false,
    duration: 0,
    totals: {
      sharesCreated: 0,
      sharesReceived: 0,
      sharesAccepted: 0,
      sharesEnded: 0,
      sharesRejected: 0,
      filesRead: 0,
      messages: 0,
      bytes: 0,
      messagesPerShare: null,
      bytesPerShare: null,
      deliveries: { acknowledged: 0, repeated: 0, parked: 0 },
    },
    messages: [],
    latencies: { shareDelivery: none, answerDelivery: none, revocationSpread: none, accessAfterRevocation: none },
    caches: { discovery: { fetches: 0, hits: 0, bytes: 0 }, keys: { fetches: 0, hits: 0, bytes: 0 } },
    samples: [],
    incidents: [],
    servers: [],
    links: [],
    invariants: [],
  };
}

export const MEASURED: Measured = {
  wallMs: 312_000,
  cpuMs: 421_000,
  rssMiB: 812.4,
  messagesPerSecond: 1843.2,
  sharesPerSecond: 64.1,
  node: "24.21.0",
  cpus: 2,
};

const INCIDENTS: Incident[] = [
  { at: 1_800_000, what: "a lecture begins: one file for 400 people" },
  { at: 4_200_000, what: "partition: a third of the servers is cut off" },
  { at: 6_600_000, what: "the partition heals" },
  { at: 6_700_000, what: "s003 rotates its key" },
  { at: 11_000_000, what: "2,000 shares are revoked" },
];

const INVARIANTS = [
  "what was answered with 2xx has its effect on both sides, once",
  "nothing is accessible after its revocation was answered",
  "the books of both sides agree after healing",
  "no message waits at the end",
];

interface Node {
  name: string;
  role: string;
  group: string | null;
  weight: number;
}

function nodesOf(servers: number, shape: Shape): Node[] {
  const groups = Math.max(2, Math.round(Math.sqrt(servers) / (shape === "national" ? 1 : 2)));
  return Array.from({ length: servers }, (_, i): Node => {
    const name = `s${String(i).padStart(3, "0")}`;
    if (shape === "star")
      return { name, role: i === 0 ? "hub" : "leaf", group: null, weight: i === 0 ? servers / 3 : 1 };
    if (shape === "federations") {
      const group = `federation-${i % groups}`;
      return { name: `${name}.${group}`, role: "member", group, weight: 1 };
    }
    if (shape === "national") {
      const group = `nation-${i % groups}`;
      return {
        name: `${i < groups ? "node" : name}.${group}`,
        role: i < groups ? "node" : "campus",
        group,
        weight: i < groups ? 9 : 1,
      };
    }
    const weight = shape === "scale-free" ? (servers / (i + 1)) ** 0.8 : 1;
    return { name, role: shape === "scale-free" ? (i * 25 < servers ? "hub" : "leaf") : "node", group: null, weight };
  });
}

function linksOf(nodes: readonly Node[], shape: Shape, random: () => number): LinkFigures[] {
  const links: LinkFigures[] = [];
  const join = (from: number, to: number) => {
    const [one, other] = [nodes[from], nodes[to]];
    if (one === undefined || other === undefined || from === to) return;
    const messages = Math.round(20 + 200 * random() ** 3 * Math.sqrt(one.weight * other.weight));
    links.push({
      from: `${one.name}.example`,
      to: `${other.name}.example`,
      messages,
      shares: Math.round(messages / 5),
    });
  };
  for (const [i, node] of nodes.entries()) {
    if (shape === "star") join(i, 0);
    else if (shape === "mesh") for (let j = 0; j < i; j += 1) join(i, j);
    else if (shape === "scale-free") for (let k = 0; k < 3; k += 1) join(i, Math.floor(i * random() ** 2));
    else {
      const own = nodes.findIndex(({ group, role }) => group === node.group && role === "node");
      if (own >= 0) join(i, own);
      const others = nodes.length * (shape === "national" ? 0.01 : 0.05) + 2;
      for (let k = 0; k < others; k += 1) {
        const other = Math.floor(nodes.length * random());
        if (nodes[other]?.group === node.group || random() < 0.3) join(i, other);
      }
    }
  }
  return links;
}

function serverOf(node: Node, i: number, traffic: ReturnType<typeof trafficOf>, random: () => number): ServerFigures {
  const host = `${node.name}.example`;
  const { sent, received, requestsOut, requestsIn, peers } = traffic.get(host) ?? noTraffic();
  return {
    name: node.name,
    host,
    role: node.role,
    group: node.group,
    users: 10 + Math.floor(random() * 20),
    peers: peers.size,
    sharesSent: sent,
    sharesReceived: received,
    requestsIn: requestsIn + (i % 3),
    requestsOut,
    bytesIn: requestsIn * 1913,
    bytesOut: requestsOut * 1870,
    busiestSecond: 1 + Math.round(requestsIn / 300),
    longestBacklog: Math.round(random() * 40),
  };
}

function noTraffic() {
  return { sent: 0, received: 0, requestsOut: 0, requestsIn: 0, peers: new Set<string>() };
}

function trafficOf(links: readonly LinkFigures[]): Map<string, ReturnType<typeof noTraffic>> {
  const all = new Map<string, ReturnType<typeof noTraffic>>();
  const of = (host: string) => {
    const known = all.get(host) ?? noTraffic();
    all.set(host, known);
    return known;
  };
  for (const { from, to, messages, shares } of links) {
    const [one, other] = [of(from), of(to)];
    one.sent += shares;
    one.requestsOut += messages;
    one.peers.add(to);
    other.received += shares;
    other.requestsIn += messages;
    other.peers.add(from);
  }
  return all;
}

function samplesOf(shares: number, random: () => number): Sample[] {
  return Array.from({ length: SAMPLES }, (_, i): Sample => {
    const at = (DURATION / (SAMPLES - 1)) * i;
    const part = i / (SAMPLES - 1);
    const cut = at > 4_200_000 && at < 6_600_000;
    const healing = at >= 6_600_000 && at < 7_200_000;
    const waiting = cut ? (at - 4_200_000) / 2_400_000 : healing ? (7_200_000 - at) / 600_000 : 0;
    const sharesCreated = Math.round(shares * part);
    const messages = i === 0 ? 0 : Math.round((shares / SAMPLES) * 8 * (0.8 + 0.4 * random()) * (healing ? 1.8 : 1));
    return {
      at,
      backlog: Math.round(shares * 0.08 * waiting + random() * 6),
      sharesCreated,
      sharesReceived: Math.round(sharesCreated - shares * 0.08 * waiting),
      sharesEnded: Math.round(shares * 0.4 * Math.max(0, part - 0.3)),
      messages,
      failed: Math.round(messages * (cut ? 0.22 : 0.004)),
    };
  });
}

function kindsOf(messages: number, random: () => number): SimulationReport["messages"] {
  let left = messages;
  const kinds = [
    "dav GET",
    "dav PROPFIND",
    "shares",
    "token",
    "notifications",
    "discovery",
    "jwks",
    "invite-accepted",
    "dav PUT",
    "dav MKCOL",
  ];
  return kinds.map((kind, i) => {
    const own = i === kinds.length - 1 ? left : Math.min(left, Math.round((messages * 0.42) / 1.7 ** i));
    left -= own;
    return {
      kind,
      messages: own,
      bytes: Math.round(own * (400 + 4000 * random())),
      failed: Math.round(own * 0.05 * random()),
    };
  });
}

function distribution(count: number, p50: number): Distribution {
  return { count, mean: p50 * 9.3, p50, p90: p50 * 2.4, p99: p50 * 1210.5, max: p50 * 13_333.3 };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
