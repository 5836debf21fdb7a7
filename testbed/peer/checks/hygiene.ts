import type { Check } from "../check.ts";

/** What a stack trace of the usual languages looks like, and paths that only the machine itself should know. */
const TRACES = [
  /\n\s*at .+[(\s](?:file:\/\/)?\/[^\s)]+:\d+:\d+\)?/,
  /Traceback \(most recent call last\)/,
  /goroutine \d+ \[/,
  /#\d+ \/[^\s(]+\(\d+\)/,
  /\.php(?: on line |:)\d+/,
  /\bat [\w.$]+\([\w$]+\.java:\d+\)/,
  /panic: /,
  /(?:^|[\s"'(])\/(?:usr|home|root|srv|opt|var\/www)\/[\w./-]+/,
];

export const noTrace: Check = {
  name: "no-stack-trace",
  line: "No answer of this run shows a stack trace or a path inside the server.",
  ids: ["GOOD-02"],
  async run(bench, tally) {
    const answers = bench.answers();
    for (const message of answers) {
      // In JSON a line break is written as two characters.
      const text = message.responseBody.toString("utf8").replaceAll("\\n", "\n").replaceAll("\\/", "/");
      const found = TRACES.map((trace) => trace.exec(text)?.[0]).find((match) => match !== undefined);
      if (found === undefined) continue;
      bench.last = message;
      tally.holds("GOOD-02", false, `${message.method} ${message.path} shows “${found.trim().slice(0, 80)}”`);
    }
    tally.say(`${answers.length} answers looked at`);
  },
};
