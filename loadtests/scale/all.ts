import type { ScaleCurve } from "./curve.ts";
import { downloads } from "./downloads.ts";
import { folderSize } from "./folder-size.ts";
import { knownPeers } from "./known-peers.ts";
import { processes } from "./processes.ts";
import { storedShares } from "./stored-shares.ts";

/** Every curve that can be measured. */
export const allCurves: readonly ScaleCurve[] = [storedShares, knownPeers, folderSize, downloads, processes];

/** The one that needs MongoDB. */
export const OVER_MONGODB = processes.name;
