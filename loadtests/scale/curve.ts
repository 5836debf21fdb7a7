import type { Children } from "../bench/process/children.ts";

/** What was found of one quantity at one size, once for each round. */
export interface Figure {
  name: string;
  /** As in a curve file: `testbed/plots/curve-form.ts`. */
  unit: "1/s" | "ms" | "bytes" | "";
  values: readonly number[];
}

/** All that was measured at one size. */
export interface Point {
  size: number;
  figures: readonly Figure[];
}

/** How a curve is measured. */
export interface Plan {
  /** Ascending. */
  sizes: readonly number[];
  /** Length of a round. */
  seconds: number;
  rounds: number;
  /** An empty folder of this curve. */
  folder: string;
  /** URL of a MongoDB server, for the curve that needs one. */
  mongodb?: string;
}

/** Where it is measured. */
export interface Scene {
  children: Children;
  /** What takes long in this process looks at it. */
  signal: AbortSignal;
  progress(line: string): void;
  /** Something that whoever reads the curve has to know, such as a size that was left out. */
  remark(sentence: string): void;
  /** Told of each size when it is measured. */
  found(point: Point): Promise<void>;
}

/** One drawing: a part of the figures of a curve. */
export interface Sheet {
  /** Of its file, after the name of the curve. */
  suffix: string;
  title: string;
  /** Does this figure belong on it? */
  shows(figure: Figure): boolean;
}

/** Something that can grow, and what is measured of a server meanwhile. */
export interface ScaleCurve {
  name: string;
  /** One line for the help. */
  about: string;
  /** What grows. */
  x: string;
  sizes: readonly number[];
  sheets: readonly Sheet[];
  /** For the notes of its drawings. */
  note: string;
  /** Bytes of disk that a size takes at the most. */
  room(size: number): number;
  /** @throws Error when anything fails, a single wrong answer included */
  measure(plan: Plan, scene: Scene): Promise<void>;
}

/** The only sheet of a curve. */
export function oneSheet(title: string): Sheet[] {
  return [{ suffix: "", title, shows: () => true }];
}
