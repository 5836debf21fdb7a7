import { serveCalls } from "../process/calls.ts";
import { openSlowReaders, type SlowReaders, type SlowSetup } from "./slow-readers.ts";
import { download, upload } from "./transfer.ts";

let slow: SlowReaders | undefined;

const calls = {
  download,
  upload,
  async openSlow(setup: SlowSetup): Promise<void> {
    slow = await openSlowReaders(setup);
  },
  readSlow: ({ seconds }: { seconds: number }) => slow?.read(seconds) ?? 0,
  closeSlow(_nothing: null): void {
    slow?.close();
  },
};

export type ClientCalls = typeof calls;

serveCalls(calls);
