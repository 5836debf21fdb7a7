import { join } from "node:path";
import { setClockPart } from "../../faults/hooks/clock.ts";
import { CLOCK_VARIABLE } from "../../launcher/staged.ts";
import { CONFIG_VARIABLE } from "../../server/config.ts";
import { addRecipients } from "./recipients.ts";
import { serverSettings } from "./settings.ts";

// One process of a server. How wrong its clock is belongs to the container.
const settings = await serverSettings();
await addRecipients(join(settings.dataDir, "users.json"));
process.env[CONFIG_VARIABLE] = JSON.stringify(settings);
setClockPart("start", Number(process.env[CLOCK_VARIABLE] || 0));
await import("../../server/main.ts");
