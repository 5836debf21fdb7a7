/** What a process of the bench can be asked to do, by name. Inputs and results are copied between the processes. */
export type Calls = Record<string, (input: never) => unknown>;

export interface CallRequest {
  id: number;
  name: string;
  input: unknown;
}

export type CallAnswer = { id: number; result: unknown } | { id: number; error: string };

/** Answers the calls of the process that started this one, and ends with it. `close` is called on the way out. */
export function serveCalls(calls: Calls, close: () => Promise<void> = async () => undefined): void {
  process.on("message", async ({ id, name, input }: CallRequest) => {
    try {
      answer({ id, result: await calls[name]?.(input as never) });
    } catch (error) {
      answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.once("disconnect", async () => {
    await close().catch(() => undefined);
    process.exit();
  });
  // In a terminal Ctrl-C reaches the whole group of processes; the bench itself says when to end.
  process.on("SIGINT", () => undefined);
}

function answer(message: CallAnswer): void {
  if (process.connected) process.send?.(message);
}
