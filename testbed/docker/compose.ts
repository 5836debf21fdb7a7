import { execFile } from "node:child_process";
import { delimiter, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { execCompose, type IDockerComposeResult } from "docker-compose";
import { z } from "zod";
import { STATE_FOLDER, type Wishes } from "./state.ts";
import { checkCompose, checkEngine, DockerTrouble, explained, noDocker } from "./troubles.ts";

/** The image of the testbed's own. */
const IMAGE = "koa-ocm-testbed";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** More compose files, such as for a machine without a registry; paths are relative to the repository. */
const MORE_FILES = "OCM_TESTBED_COMPOSE";
/** Seconds for containers to become healthy. The pull of images is not among them. */
const LONGEST_START = "240";

const container = z.object({ Service: z.string(), State: z.string(), Health: z.string() });
/** A container, as compose sees it. */
interface Container {
  service: string;
  isRunning: boolean;
  isHealthy: boolean;
}

/** What can be done with the containers of the testbed. @throws DockerTrouble */
export interface Compose {
  /** @param heard is given what Docker says meanwhile */
  build(heard: (text: string) => void): Promise<void>;
  /** Starts all and resolves when they are healthy. */
  up(): Promise<void>;
  /** Starts these services, with this environment for them, and does not wait. */
  start(services: readonly string[], environment: Record<string, string>): Promise<void>;
  stop(services: readonly string[]): Promise<void>;
  kill(services: readonly string[]): Promise<void>;
  /** Runs the image once more beside a service, with its settings and volumes. */
  runOnce(service: string, words: readonly string[]): Promise<void>;
  containers(): Promise<Container[]>;
  /** The port on the loopback address of this machine. */
  port(service: string, inside: number): Promise<number>;
  logs(services: readonly string[], lines: number): Promise<string>;
  /** Ends and removes all: containers, networks, volumes and the image. */
  down(): Promise<void>;
}

/** @throws DockerTrouble when there is no Docker that is good enough */
export async function checkDocker(): Promise<void> {
  const docker = async (...words: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)("docker", words).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") throw noDocker();
      throw explained("stderr" in error ? String(error.stderr) : error.message, `docker ${words[0]}`);
    });
    return stdout.trim();
  };
  checkEngine(await docker("version", "--format", "{{.Server.Version}}"));
  checkCompose(await docker("compose", "version", "--short"));
}

/** Compose with the files and the environment that a testbed with these wishes needs. */
export function composeFor({ database, port, observe }: Wishes): Compose {
  const more = (process.env[MORE_FILES] ?? "").split(delimiter).filter((file) => file !== "");
  const files = [
    "testbed/docker/compose.yaml",
    ...more,
    ...(database === "sqlite" ? ["testbed/docker/compose.sqlite.yaml"] : []),
  ];
  const environment = {
    ...process.env,
    OCM_TESTBED_STATE: STATE_FOLDER,
    OCM_TESTBED_PORT: String(port),
    ...(observe ? { OCM_TESTBED_OTLP: "http://jaeger:4318", OCM_TESTBED_METRICS: "9464" } : {}),
  };

  async function call(
    command: string,
    words: readonly string[],
    more: { environment?: Record<string, string>; profiles?: string[]; heard?: (text: string) => void } = {},
  ): Promise<IDockerComposeResult> {
    const profiles = [...(observe ? ["observe"] : []), ...(more.profiles ?? [])];
    try {
      return await execCompose(command, words, {
        cwd: ROOT,
        config: files.map((file) => resolve(ROOT, file)),
        composeOptions: ["--progress", "plain", ...profiles.flatMap((profile) => ["--profile", profile])],
        env: { ...environment, ...more.environment },
        callback: (chunk) => more.heard?.(chunk.toString("utf8")),
      });
    } catch (error) {
      if (error instanceof Error) throw (error as NodeJS.ErrnoException).code === "ENOENT" ? noDocker() : error;
      const { out, err } = error as IDockerComposeResult;
      throw explained(`${out}\n${err}`, `docker compose ${command}`);
    }
  }

  const containers = async (): Promise<Container[]> => {
    const { out } = await call("ps", ["--all", "--format", "json"]);
    return out
      .split("\n")
      .filter((line) => line.trim() !== "")
      .flatMap((line) => z.array(container).or(container).parse(JSON.parse(line)))
      .map(({ Service, State, Health }) => ({
        service: Service,
        isRunning: State === "running",
        isHealthy: State === "running" && (Health === "healthy" || Health === ""),
      }));
  };

  return {
    async build(heard) {
      await call("build", ["balancer"], { heard });
    },
    async up() {
      await call("up", ["--detach", "--no-build", "--wait", "--wait-timeout", LONGEST_START]);
    },
    async start(services, given) {
      await call("up", ["--detach", "--no-build", "--no-deps", ...services], { environment: given });
    },
    async stop(services) {
      await call("stop", services);
    },
    async kill(services) {
      await call("kill", services);
    },
    async runOnce(service, words) {
      await call("run", ["--rm", "--no-deps", "-T", service, ...words]);
    },
    containers,
    async port(service, inside) {
      const { out } = await call("port", [service, String(inside)]);
      const port = Number(out.trim().split(":").at(-1));
      if (!(port > 0)) throw new DockerTrouble(`${service} has no port on this machine.`);
      return port;
    },
    logs: async (services, lines) => (await call("logs", ["--no-color", "--tail", String(lines), ...services])).out,
    async down() {
      await call("down", ["--volumes", "--remove-orphans", "--timeout", "5"], { profiles: ["observe", "never"] });
      await promisify(execFile)("docker", ["image", "rm", IMAGE]).catch(() => undefined);
    },
  };
}
