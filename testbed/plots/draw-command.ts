import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Command } from "../launcher/run-command.ts";
import { BadFlags, readWords } from "../launcher/words.ts";
import { writeWhole } from "../write-file.ts";
import { BadCurve, type Curve, readCurve } from "./curve-form.ts";

const ENDING = ".json";

const HELP = `Usage: npm run draw -- FILE... --folder FOLDER

Draws curves: each file NAME.json becomes NAME.svg in the folder. Nothing is written unless all of them can be read.

  --folder FOLDER  Where the drawings go; it is made where it is not there.
  --help           Show this.

Exit codes: 0 all drawn, 2 the command line or a file cannot be used.
`;

/**
 * `node testbed/draw-curves.ts FILE... --folder FOLDER`: draws each curve file NAME.json as NAME.svg. Nothing is written unless all of them
 * can be read. Exit code 2: the command line or a file cannot be used.
 */
export const drawCommand: Command = async (words, output, problems) => {
  try {
    const { flags, operands } = readWords(words, { folder: { type: "string" }, help: { type: "boolean" } });
    if ("help" in flags) {
      output.write(HELP);
      return 0;
    }
    const { folder } = flags;
    if (folder === undefined) throw new BadFlags("Give the folder for the drawings, as in --folder docs.");
    if (operands.length === 0) throw new BadFlags("Give at least one curve file.");
    const read = await Promise.all(operands.map(async (file) => ({ file, curve: await curveIn(file) })));
    // It takes a while to load, and a wrong flag is said at once.
    const { renderCurve } = await import("./curve.ts");
    const drawings = read.map(({ file, curve }) => ({
      target: join(folder, `${basename(file, ENDING)}.svg`),
      svg: renderCurve(curve),
    }));
    await mkdir(folder, { recursive: true });
    for (const { target, svg } of drawings) {
      await writeWhole(target, svg);
      output.write(`${target}\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof BadFlags)) throw error;
    problems.write(`${error.message}\n`);
    return 2;
  }
};

async function curveIn(file: string): Promise<Curve> {
  if (!file.endsWith(ENDING)) throw new BadFlags(`${file}: a curve file ends with ${ENDING}.`);
  const text = await readFile(file, "utf8").catch(() => {
    throw new BadFlags(`${file}: it cannot be read.`);
  });
  try {
    return readCurve(text);
  } catch (error) {
    if (error instanceof BadCurve) throw new BadFlags(`${file} is no curve file: ${error.message}.`);
    throw error;
  }
}
