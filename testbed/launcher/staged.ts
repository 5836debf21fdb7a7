/** What the process of a staged server tells the one that started it. */
export type StagedMessage = { type: "ready"; port: number };

/** Name of the environment variable with the milliseconds that a server's clock is ahead. */
export const CLOCK_VARIABLE = "OCM_TESTBED_CLOCK_AHEAD";
