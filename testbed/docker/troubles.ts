/** Oldest that works: BuildKit for the Dockerfile, and unprivileged low ports. */
const OLDEST_ENGINE = [20, 10] as const;
/** Oldest that knows `!reset` and `!override` in compose files. */
const OLDEST_COMPOSE = [2, 24] as const;

/** What is wrong with the machine, in one line that says what to do. */
export class DockerTrouble extends Error {
  /** Nobody knows what it means but whoever reads more of what Docker said. */
  readonly isUnclear: boolean;
  constructor(message: string, isUnclear = false) {
    super(message);
    this.isUnclear = isUnclear;
  }
}

const INSTALL = "see https://docs.docker.com/engine/install/";

/** What Docker's words mean, for those that a person can do something about. */
const MEANINGS: readonly (readonly [said: RegExp, means: (found: RegExpExecArray) => string])[] = [
  [
    /permission denied.*(?:docker|daemon)|dial unix [^ ]+: connect: permission denied/i,
    () =>
      "You may not use the Docker engine: add yourself to the group docker and log in again, or use rootless Docker.",
  ],
  [
    /cannot connect to the docker daemon|is the docker daemon running|failed to connect to the docker api|error during connect/i,
    () =>
      `No Docker engine answers: start it, or install Docker Engine ${OLDEST_ENGINE.join(".")} or newer (${INSTALL}).`,
  ],
  [
    /(?:port is already allocated|address already in use|ports are not available)/i,
    () => "The port is taken: choose another one with --port.",
  ],
  [
    /no space left on device/i,
    () => "There is no space left where Docker keeps its data: docker system prune frees some.",
  ],
  [
    /(?:pull access denied|manifest (?:for \S+ )?(?:unknown|not found)|failed to resolve (?:reference|source metadata)|toomanyrequests|error getting credentials|registry-1\.docker\.io)[^\n]*/i,
    ([said]) => `An image cannot be had: ${said.trim()}. Where no registry can be reached, use scripts/with-docker.sh.`,
  ],
  [/unknown (?:shorthand )?flag|'compose' is not a docker command|unknown command: docker compose/i, () => noCompose()],
];

/** What a failed call of Docker means; the last line that it said where nothing better is known. */
export function explained(said: string, what: string): DockerTrouble {
  for (const [pattern, means] of MEANINGS) {
    const found = pattern.exec(said);
    if (found !== null) return new DockerTrouble(means(found));
  }
  const last = said.trim().split("\n").at(-1) ?? "";
  return new DockerTrouble(`${what} failed: ${last === "" ? "Docker does not say why" : last}`, true);
}

/** There is no program called docker. */
export function noDocker(): DockerTrouble {
  return new DockerTrouble(`There is no Docker: install Docker Engine with compose (${INSTALL}).`);
}

/** @throws DockerTrouble when the engine is too old */
export function checkEngine(version: string): void {
  if (isOlder(version, OLDEST_ENGINE)) {
    throw new DockerTrouble(
      `Docker Engine ${version} is too old: install ${OLDEST_ENGINE.join(".")} or newer (${INSTALL}).`,
    );
  }
}

/** @throws DockerTrouble when compose is too old */
export function checkCompose(version: string): void {
  if (isOlder(version, OLDEST_COMPOSE)) throw new DockerTrouble(noCompose(version));
}

function noCompose(version?: string): string {
  const found = version === undefined ? "Docker has no compose" : `Docker Compose ${version} is too old`;
  return `${found}: install the plugin docker-compose ${OLDEST_COMPOSE.join(".")} or newer (https://docs.docker.com/compose/install/).`;
}

/** A version that is no number, as of a build of one's own, is taken for new enough. */
function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first, second] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (first === undefined || second === undefined) return false;
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
}
