// Read by k6 and by Node: it imports nothing.

/** The shapes of load. */
export const PROFILES = ["smoke", "load", "stress", "spike", "soak"] as const;
export type ProfileName = (typeof PROFILES)[number];

/** How a script is loaded, at the height of the profile `load`. */
export type Load =
  /** Iterations start at a rate, whether earlier ones are over or not: many independent callers. */
  | {
      kind: "rate";
      perSecond: number;
      smokePerSecond: number;
      /** Seconds that an iteration may last: there are virtual users for so many at once. @default 0.25 */
      lasts?: number;
    }
  /** People, each of whom does the next thing when the last is done. */
  | { kind: "people"; count: number; smokeCount: number };

/** So many times this load. */
export function times(load: Load, factor: number): Load {
  const scaled = (value: number) => Math.max(1, Math.round(value * factor));
  return load.kind === "rate"
    ? { ...load, perSecond: scaled(load.perSecond), smokePerSecond: scaled(load.smokePerSecond) }
    : { ...load, count: scaled(load.count), smokeCount: scaled(load.smokeCount) };
}

/** A part of a profile: linear to `height`, where 1 is what the script is made for. */
interface Part {
  seconds: number;
  height: number;
}

type LongProfile = Exclude<ProfileName, "smoke">;

/** The parts of each profile but smoke, which is a few seconds at its own height. */
const PARTS: Record<LongProfile, readonly Part[]> = {
  load: [
    { seconds: 10, height: 1 },
    { seconds: 40, height: 1 },
    { seconds: 10, height: 0 },
  ],
  stress: [
    { seconds: 10, height: 1 },
    { seconds: 30, height: 1 },
    { seconds: 10, height: 2 },
    { seconds: 30, height: 2 },
    { seconds: 10, height: 4 },
    { seconds: 30, height: 4 },
    { seconds: 10, height: 0 },
  ],
  spike: [
    { seconds: 5, height: 0.5 },
    { seconds: 15, height: 0.5 },
    { seconds: 2, height: 5 },
    { seconds: 15, height: 5 },
    { seconds: 2, height: 0.5 },
    { seconds: 20, height: 0.5 },
  ],
  soak: [
    { seconds: 60, height: 0.5 },
    { seconds: 3480, height: 0.5 },
    { seconds: 60, height: 0 },
  ],
};

const SMOKE_SECONDS = 3;
/** Seconds that an iteration may last where nothing else is said. No virtual users are made during the run, which would disturb it. */
const LASTS = 0.25;
const FEWEST_VUS = 4;
const MOST_VUS = 400;
/** What has begun may end: a gibibyte takes its time. */
const GRACE = "60s";

/** Two of the kinds of scenario that k6 has. */
export type ProfileScenario =
  | { executor: "constant-vus"; vus: number; duration: string; gracefulStop: string }
  | {
      executor: "ramping-vus";
      startVUs: number;
      stages: { duration: string; target: number }[];
      gracefulStop: string;
      gracefulRampDown: string;
    }
  | {
      executor: "constant-arrival-rate";
      rate: number;
      timeUnit: string;
      duration: string;
      preAllocatedVUs: number;
      maxVUs: number;
      gracefulStop: string;
    }
  | {
      executor: "ramping-arrival-rate";
      startRate: number;
      timeUnit: string;
      stages: { duration: string; target: number }[];
      preAllocatedVUs: number;
      maxVUs: number;
      gracefulStop: string;
    };

/** The scenario of a profile for a script. @param shorten what the time of the profile is divided by; its height stays */
export function scenarioOf(profile: ProfileName, load: Load, shorten = 1): ProfileScenario {
  if (load.kind === "people") {
    if (profile === "smoke") {
      return { executor: "constant-vus", vus: load.smokeCount, duration: `${SMOKE_SECONDS}s`, gracefulStop: GRACE };
    }
    return {
      executor: "ramping-vus",
      startVUs: 0,
      stages: stagesOf(profile, load.count, shorten),
      gracefulStop: GRACE,
      gracefulRampDown: GRACE,
    };
  }
  if (profile === "smoke") {
    const vus = vusFor(load.smokePerSecond, load.lasts);
    return {
      executor: "constant-arrival-rate",
      rate: load.smokePerSecond,
      timeUnit: "1s",
      duration: `${SMOKE_SECONDS}s`,
      preAllocatedVUs: vus,
      maxVUs: vus,
      gracefulStop: GRACE,
    };
  }
  const highest = Math.max(...PARTS[profile].map(({ height }) => height)) * load.perSecond;
  return {
    executor: "ramping-arrival-rate",
    startRate: 0,
    timeUnit: "1s",
    stages: stagesOf(profile, load.perSecond, shorten),
    preAllocatedVUs: vusFor(highest, load.lasts),
    maxVUs: vusFor(highest, load.lasts),
    gracefulStop: GRACE,
  };
}

/** How many iterations a script at a rate starts at most; it gets as many requests prepared. */
export function iterationsOf(profile: ProfileName, load: Load, shorten = 1): number {
  if (load.kind === "people") throw new Error("Nobody knows how many iterations people make.");
  if (profile === "smoke") return load.smokePerSecond * SMOKE_SECONDS;
  let from = 0;
  let area = 0;
  for (const { seconds, height } of partsOf(profile, shorten)) {
    const to = Math.ceil(height * load.perSecond);
    area += ((from + to) / 2) * seconds;
    from = to;
  }
  return Math.ceil(area);
}

/** How many times the load that a script is made for a profile reaches; 1 where it does not go beyond it. */
export function heightOf(profile: ProfileName): number {
  return profile === "smoke" ? 1 : Math.max(1, ...PARTS[profile].map(({ height }) => height));
}

/** Seconds that a profile takes, without what it waits for at its end. */
export function secondsOf(profile: ProfileName, shorten = 1): number {
  if (profile === "smoke") return SMOKE_SECONDS;
  return partsOf(profile, shorten).reduce((sum, { seconds }) => sum + seconds, 0);
}

/**
 * Whether requests are signed before the run, with Ed25519. A signature is good for 300 seconds, so a soak signs while it
 * runs, with P-256, which k6 can.
 */
export function signsBefore(profile: ProfileName): boolean {
  return profile !== "soak";
}

function stagesOf(profile: LongProfile, full: number, shorten: number): { duration: string; target: number }[] {
  return partsOf(profile, shorten).map(({ seconds, height }) => ({
    duration: `${seconds}s`,
    target: Math.ceil(full * height),
  }));
}

/** In whole milliseconds: whoever prepares and whoever runs have to come to the same count. */
function partsOf(profile: LongProfile, shorten: number): Part[] {
  return PARTS[profile].map(({ seconds, height }) => ({
    seconds: Math.round((seconds * 1000) / shorten) / 1000,
    height,
  }));
}

function vusFor(perSecond: number, lasts = LASTS): number {
  return Math.min(MOST_VUS, Math.max(FEWEST_VUS, Math.ceil(perSecond * lasts)));
}
