import type { OwnAbilities } from "../protocol/code-flow.ts";

/** What this server can do for shares, in either role. It has a token endpoint, and holds users to a second factor. */
export const OWN_ABILITIES: OwnAbilities = { exchangeToken: true, enforceMfa: true };
