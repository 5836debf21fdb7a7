import type { OcmOptions } from "../options.ts";
import type { Logger } from "../ports/log.ts";
import type { System } from "../ports/system.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { TrustPolicy } from "../ports/trust.ts";
import type { WayfServers } from "../ports/wayf.ts";
import { createConnections } from "./connections.ts";
import { createDirectories } from "./directories.ts";
import { readDirectory } from "./directory.ts";
import type { PeerSettings } from "./peer-settings.ts";
import { createWayfServers, namedServers } from "./wayf-servers.ts";

export interface WayfParts {
  system: System;
  logger: Logger;
  telemetry: Pick<Telemetry, "ask">;
  trust: TrustPolicy;
  settings: PeerSettings;
  /** Scheme and host[:port] of this server. */
  origin: string;
  /** Canonical host[:port] of this server. */
  ownHost: string;
}

/** What the WAYF page leads to, and what keeps that up to date. */
export interface Wayf {
  /** Is there such a page? */
  isOn: boolean;
  servers: WayfServers;
  /** The page may lead to servers without TLS: this server has none itself, or the operator permits it for a peer. */
  toInsecure: boolean;
  /** Begins to ask the directories. */
  start(): void;
  close(): Promise<void>;
}

/** Reads the option `wayf`. @throws TypeError with a sentence for what can't be used */
export function createWayf(
  { wayf = {}, pages = true, trust: trustOptions = {}, peers = {}, outboundProxy }: OcmOptions,
  { system, logger, telemetry, trust, settings, origin, ownHost }: WayfParts,
): Wayf {
  const isOn = pages && wayf !== false;
  const options = wayf === false ? {} : wayf;
  const directories = createDirectories({
    system,
    logger,
    connections: createConnections({ settings, ownHost, outboundProxy }),
    settings: (options.directories ?? []).map(readDirectory),
    telemetry,
  });
  return {
    isOn,
    servers: createWayfServers({
      named: namedServers(options, trustOptions),
      anyServer: options.anyServer ?? true,
      trust,
      settings,
      ownHost,
      documents: directories.documents,
    }),
    toInsecure: origin.startsWith("http:") || Object.values(peers).some(({ allowInsecureHttp }) => allowInsecureHttp),
    start() {
      if (isOn) directories.start();
    },
    close: directories.close,
  };
}
