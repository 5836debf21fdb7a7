/** The programs of the processes that a curve starts beside the server under test. */
export const GENERATOR = new URL("./generator.ts", import.meta.url);
export const PLAYERS_SERVER = new URL("./players-server.ts", import.meta.url);
