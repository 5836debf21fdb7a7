import { pipeline, type Readable, Transform } from "node:stream";
import type { CopyJob } from "../../ports/records.ts";
import type { SourceEntry } from "./walk.ts";

/** Where a copy goes to. What is there already is never replaced. */
export interface Destination {
  /** @param begun what is remembered, where the job was interrupted at this very folder: then it may be there, and is ours */
  makeFolder(entry: SourceEntry, begun: Begun): Promise<void>;
  /** The whole file: resolves with its bytes when it is complete. @param begun as above */
  putFile(entry: SourceEntry, begun: Begun, progress: Progress): Promise<number>;
  /** Throws away what is there of the file under way. May be repeated. */
  discard(path: string): Promise<void>;
}

export type Begun = CopyJob["current"];

/** Told now and then: how many bytes of the file are there, and the entity tag that its source was read with. */
export type Progress = (bytes: number, etag?: string | null) => void;

/** The bytes of one file on their way. */
export interface Flow {
  content: Readable;
  /** Why the source failed by itself; undefined where it did not, or only because the other side let go. */
  fault(): Error | undefined;
  /** Lets go of both ends. */
  end(): void;
}

/** Counts what flows; an end of either side, or of the job, ends the other. */
export function flow(source: Readable, signal: AbortSignal, count: (bytes: number) => void): Flow {
  let fault: Error | undefined;
  const content = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      count(chunk.length);
      done(null, chunk);
    },
  });
  const stop = () => source.destroy(new Error("The copy was stopped."));
  source.once("error", (error) => {
    if (!content.destroyed) fault = error;
  });
  signal.addEventListener("abort", stop, { once: true });
  pipeline(source, content, () => {});
  return {
    content,
    fault: () => fault,
    end() {
      signal.removeEventListener("abort", stop);
      drop(content);
      drop(source);
    },
  };
}

/** A stream that is not wanted: let go of it, whatever it says. */
export function drop(stream: Readable): void {
  stream.on("error", () => {});
  stream.destroy();
}

/** How far the clocks of two servers may be apart, in milliseconds. */
const CLOCKS = 10 * 60_000;

interface FileState {
  size: number | null;
  modifiedAt: number | null;
}

/**
 * Is what is found at the destination what a job put there, before that could be noted? It has the size of the source, and its time, or
 * where that was not taken over, a time that is not before the job. Only to be asked of the file that the job had begun with.
 */
export function isOwnWork(found: FileState, source: FileState, createdAt: number): boolean {
  if (found.size === null || found.size !== source.size) return false;
  const time = found.modifiedAt ?? createdAt;
  const sameTime = Math.floor(time / 1000) === Math.floor((source.modifiedAt ?? 0) / 1000);
  return sameTime || time > createdAt - CLOCKS;
}
