import { bigFile } from "./big-file.ts";
import { clockSkew } from "./clock-skew.ts";
import { decline } from "./decline.ts";
import { duplicateDelivery } from "./duplicate-delivery.ts";
import { expiry } from "./expiry.ts";
import { inviteFlow } from "./invite-flow.ts";
import { keyRotation } from "./key-rotation.ts";
import { peerDownAndBack } from "./peer-down-and-back.ts";
import { restartInTheMiddle } from "./restart-in-the-middle.ts";
import { revokedMidDownload } from "./revoked-mid-download.ts";
import { senderMoved } from "./sender-moved.ts";
import { shareCodeFlow } from "./share-code-flow.ts";
import { shareLegacyBasic } from "./share-legacy-basic.ts";
import type { Scenario } from "./stage.ts";
import { unshare } from "./unshare.ts";
import { wayf } from "./wayf.ts";
import { writeBack } from "./write-back.ts";

/** Every scenario, by the name that people call it by. */
const table = {
  "invite-flow": inviteFlow,
  wayf,
  "share-code-flow": shareCodeFlow,
  "share-legacy-basic": shareLegacyBasic,
  decline,
  unshare,
  expiry,
  "write-back": writeBack,
  "big-file": bigFile,
  "peer-down-and-back": peerDownAndBack,
  "restart-in-the-middle": restartInTheMiddle,
  "revoked-mid-download": revokedMidDownload,
  "duplicate-delivery": duplicateDelivery,
  "key-rotation": keyRotation,
  "clock-skew": clockSkew,
  "sender-moved": senderMoved,
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof table;
export const SCENARIOS: Record<ScenarioName, Scenario> = table;
export const SCENARIO_NAMES = Object.keys(table) as ScenarioName[];
