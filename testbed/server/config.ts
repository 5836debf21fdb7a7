import { readFile } from "node:fs/promises";
import { z } from "zod";

const user = z.strictObject({
  /** Also the name of the person's folder, so it must be one plain name. */
  id: z
    .string()
    .min(1)
    .max(200)
    .refine((id) => !/[/\\\0]/.test(id) && id !== "." && id !== "..", "has to be usable as the name of a folder"),
  displayName: z.string(),
  email: z.string().optional(),
  /** Hashed at the start and not kept. Absent: the one that the data folder has the hash of. */
  password: z.string().min(8).optional(),
  /** The person's sessions count as opened with a second factor. */
  secondFactor: z.boolean().optional(),
});

const config = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** Where it listens; and its origin is `http://localhost:PORT` unless that is given. */
  port: z.number().int().min(1).max(65535),
  /** Address to listen on, such as `0.0.0.0`. Absent: every loopback address. */
  host: z.string().optional(),
  /** As in the plugin's options: by what address everybody else knows this server. */
  origin: z.string().optional(),
  /** As in the plugin's options. */
  prefix: z.string().optional(),
  /** Everything that this server keeps is below it. */
  dataDir: z.string().min(1),
  /** As in the plugin's options. Absent: an SQLite file in the data folder. */
  database: z.string().optional(),
  users: z.array(user),
  /** As in the plugin's options. */
  peers: z
    .record(
      z.string(),
      z.strictObject({
        ca: z.string().optional(),
        allowInsecureHttp: z.boolean().optional(),
        allowPrivateAddresses: z.boolean().optional(),
      }),
    )
    .default({}),
  /** Milliseconds for which it goes on to answer after it was told to end, so that a balancer notices first. */
  drainMs: z.number().int().min(0).max(60_000).default(0),
  /** Where the log goes: a file in the data folder, or standard output. */
  log: z.enum(["file", "stdout"]).default("stdout"),
});

/** What one demo server is told at its start. */
export type ServerConfig = z.input<typeof config>;
export type CompleteServerConfig = z.output<typeof config>;
export type UserConfig = z.output<typeof user>;

/** Scheme and host[:port] by which others know this server. */
export function originOf({ origin, port }: Pick<ServerConfig, "origin" | "port">): string {
  return origin ?? new URL(`http://localhost:${port}`).origin;
}

/** Name of the environment variable that holds the configuration as JSON, unless a file is named on the command line. */
export const CONFIG_VARIABLE = "OCM_TESTBED_CONFIG";

/**
 * Reads the configuration of a server process: from the JSON file named first on the command line, or from the environment.
 *
 * @throws Error with one sentence when it is missing or not valid
 */
export async function readConfig(
  file: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<CompleteServerConfig> {
  const text = file === undefined ? environment[CONFIG_VARIABLE] : await readFile(file, "utf8");
  if (text === undefined) {
    throw new Error(`Name a JSON file with the configuration, or put it into ${CONFIG_VARIABLE}.`);
  }
  const result = config.safeParse(JSON.parse(text));
  if (!result.success) {
    throw new Error(`The configuration is not valid: ${z.prettifyError(result.error).replaceAll("\n", " ")}`);
  }
  return result.data;
}
