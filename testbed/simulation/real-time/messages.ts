import type { SimulationSettings } from "../settings.ts";

/** What a process of a real-time run is told. */
export type Order =
  | { type: "open"; settings: SimulationSettings; process: number; processes: number }
  /** Hosts of all servers, in their order. */
  | { type: "begin"; hosts: string[] }
  | { type: "end" };

/** What it tells. */
export type Word =
  /** Hosts of its own servers, by their index. */
  { type: "opened"; hosts: [site: number, host: string][] } | ({ type: "stands" } & Standing);

/** How far a process is. */
export interface Standing {
  created: number;
  received: number;
  answered: number;
  ended: number;
  read: number;
  /** What its servers have answered. */
  requests: number;
  failed: number;
  /** Milliseconds of processor time, and MiB of memory. */
  cpuMs: number;
  rssMiB: number;
  /** It has nothing more to do by itself. */
  idle: boolean;
}

/** Which process has this server. */
export const processOf = (site: number, processes: number): number => site % processes;
