import { launch } from "./launcher/launch.ts";

const { promise: interrupted, resolve } = Promise.withResolvers<void>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => resolve());
}
process.exit(await launch(process.argv.slice(2), process.stdout, process.stderr, interrupted));
