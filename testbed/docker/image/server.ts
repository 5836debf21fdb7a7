import { setClockPart } from "../../faults/hooks/clock.ts";
import { CLOCK_VARIABLE } from "../../launcher/staged.ts";
import { CONFIG_VARIABLE } from "../../server/config.ts";
import { serverSettings } from "./settings.ts";

// One process of a server. How wrong its clock is belongs to the container.
process.env[CONFIG_VARIABLE] = JSON.stringify(await serverSettings());
setClockPart("start", Number(process.env[CLOCK_VARIABLE] || 0));
await import("../../server/main.ts");
