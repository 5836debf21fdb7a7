import { FAULT_NAMES, type FaultName, isProcessFault } from "../faults/faults.ts";
import { duration, type Output } from "../launcher/display.ts";
import { clear, EXIT_INTERRUPTED, EXIT_USAGE } from "../launcher/ending.ts";
import { BadFlags, named, offer, readWords } from "../launcher/words.ts";
import { checkDocker, composeFor } from "./compose.ts";
import { type DockerFederation, endContainers, join, refuseSecond, startContainers } from "./federation.ts";
import { runAll } from "./runs.ts";
import { AUTHORITY_FILE, type DatabaseKind, type DockerState, readState, type Wishes } from "./state.ts";
import { DockerTrouble } from "./troubles.ts";

const EXIT_FAILED = 1;
const DEFAULT_PORT = 4743;
const ORDERS = ["up", "test", "down"] as const;
type Order = (typeof ORDERS)[number];
const DATABASES: readonly DatabaseKind[] = ["mongodb", "sqlite"];

const OPTIONS = {
  database: { type: "string" },
  port: { type: "string" },
  observe: { type: "boolean" },
  fault: { type: "string" },
  seed: { type: "string" },
  junit: { type: "string" },
  keep: { type: "boolean" },
  help: { type: "boolean" },
} as const;
type Flag = keyof typeof OPTIONS;

/** Which flags say something to which order. */
const MEANT_FOR: Record<Order, readonly Flag[]> = {
  up: ["database", "port", "observe"],
  test: ["database", "port", "observe", "fault", "seed", "junit", "keep"],
  down: [],
};

const HELP = `Usage: npm run testbed:docker -- up|test|down [flags]

  up     Start three servers of two processes each in Docker, and leave them running.
  test   Start them, play the walk and a list of scenarios with and without faults, and end them.
  down   End and remove what up has started: containers, networks, volumes and the image.

  --database KIND   mongodb, a replica set; or sqlite, with one process for each server. Default mongodb.
  --port PORT       Where people reach the servers on this machine. Default ${DEFAULT_PORT}.
  --observe         Start Prometheus and Jaeger too.
  --fault NAME      With test: every scenario under this fault only.
  --seed TEXT       With test: contents and faults follow from it. Default 1.
  --junit FILE      With test: write the runs there as a JUnit report.
  --keep            With test: leave the servers running.
  --help            Show this.

Exit codes: 0 all well, 1 a run failed, 2 a flag is wrong or Docker cannot be used.
`;

/** What was asked for. */
interface Request {
  order: Order;
  wishes: Wishes;
  fault?: FaultName;
  seed: string;
  junit?: string;
  keep: boolean;
}

/** The whole of `npm run testbed:docker`. @returns the exit code */
export async function dockerCommand(
  words: string[],
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  try {
    const request = readRequest(words);
    if (request === "help") {
      output.write(HELP);
      return 0;
    }
    await clear(request.junit);
    await checkDocker();
    if (request.order === "down") return await down(output);
    return await up(request, output, problems, interrupted);
  } catch (error) {
    if (!(error instanceof BadFlags || error instanceof DockerTrouble)) throw error;
    problems.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function down(output: Output): Promise<number> {
  const state = await readState();
  await endContainers(composeFor(state ?? { database: "mongodb", port: DEFAULT_PORT, observe: true }));
  output.write("Nothing of the Docker testbed is left.\n");
  return 0;
}

/** `up` and `test`: whatever happens, containers stay only where that was asked for and all is well with them. */
async function up(request: Request, output: Output, problems: Output, interrupted: Promise<void>): Promise<number> {
  await refuseSecond();
  const { wishes } = request;
  const from = performance.now();
  let said = "";
  const starting = startContainers(wishes, (text) => {
    said += text;
  });
  const started = await Promise.race([starting, interrupted]).catch((error) => {
    if (error instanceof DockerTrouble && error.isUnclear) problems.write(said);
    throw error;
  });
  if (started === undefined) {
    // What Docker is doing now ends with the containers; what it started after that ends too.
    await endContainers(composeFor(wishes)).catch(() => undefined);
    await starting.then(({ compose }) => endContainers(compose)).catch(() => undefined);
    return EXIT_INTERRUPTED;
  }
  let keep = false;
  try {
    const federation = await join(started);
    output.write(`The containers are healthy (${duration(Math.round(performance.now() - from))}).\n`);
    const code = request.order === "up" ? 0 : await test(federation, request, output, problems, interrupted);
    keep = code !== EXIT_INTERRUPTED && (request.order === "up" || request.keep);
    if (keep) show(output, federation.state);
    return code;
  } finally {
    if (!keep) await endContainers(started.compose);
  }
}

async function test(
  federation: DockerFederation,
  { fault, seed, junit, wishes }: Request,
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  const { failed, count, ms, isInterrupted } = await runAll(federation, {
    seed,
    output,
    interrupted,
    hasTwo: wishes.database === "mongodb",
    ...(fault === undefined ? {} : { fault }),
    ...(junit === undefined ? {} : { junit }),
  });
  if (isInterrupted) return EXIT_INTERRUPTED;
  for (const { name, error } of failed) problems.write(`${name} --seed ${seed}: ${error}\n`);
  output.write(`${count - failed.length} of ${count} runs are well (${duration(ms)}).\n`);
  return failed.length === 0 ? 0 : EXIT_FAILED;
}

/** How a person reaches what is up. */
function show(output: Output, { servers, port, observe }: DockerState): void {
  const [first] = servers;
  for (const { name, origin, account } of servers) {
    output.write(
      `  ${name.padEnd(6)} ${origin}  user ${account.username}  password ${account.password}  ${account.address}\n`,
    );
  }
  if (first !== undefined) {
    const { host, account } = first;
    output.write(
      `From this machine they are at port ${port}, with certificates of ${AUTHORITY_FILE}:\n` +
        `  curl --cacert ${AUTHORITY_FILE} --connect-to ${host}:443:127.0.0.1:${port} -u ${account.username}:${account.password} ` +
        `https://${host}/ocm/api/v1/me\n`,
    );
  }
  if (observe) output.write("Metrics: http://127.0.0.1:9090. Traces: http://127.0.0.1:16686.\n");
  output.write("npm run testbed:docker -- down ends them.\n");
}

/** @throws BadFlags */
function readRequest(words: string[]): Request | "help" {
  const { flags, operands } = readWords(words, OPTIONS);
  if ("help" in flags) return "help";
  const [written, more] = operands;
  if (written === undefined) throw new BadFlags("Say up, test or down; see --help.");
  if (more !== undefined) throw new BadFlags(`One of up, test and down: “${more}” is one too many.`);
  const order = ORDERS.find((name) => name === written);
  if (order === undefined) {
    throw new BadFlags(`“${written}” is not understood; ${offer(written, ORDERS)}`);
  }
  const odd = Object.keys(flags).find((flag) => !MEANT_FOR[order].includes(flag as Flag));
  if (odd !== undefined) throw new BadFlags(`--${odd} says nothing to ${order}.`);
  const fault = flags.fault === undefined ? undefined : named("fault", flags.fault, FAULT_NAMES);
  if (fault !== undefined && isProcessFault(fault)) {
    throw new BadFlags(`The fault ${fault} needs hooks in a process: npm run scenario can do it.`);
  }
  const { seed = "1", junit } = flags;
  return {
    order,
    wishes: {
      database: flags.database === undefined ? "mongodb" : named("database", flags.database, DATABASES),
      port: portOf(flags.port),
      observe: "observe" in flags,
    },
    seed,
    keep: "keep" in flags,
    ...(fault === undefined ? {} : { fault }),
    ...(junit === undefined ? {} : { junit }),
  };
}

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (!(port >= 1 && port <= 65535)) throw new BadFlags("--port needs a whole number from 1 to 65535.");
  return port;
}
