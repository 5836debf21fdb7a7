import FileSystemAdapter from "@nephele/adapter-file-system";
import Unrestricted from "@nephele/authenticator-none";
import express from "express";
import nephele from "nephele";
import { serveCalls } from "../process/calls.ts";
import { listen } from "./listen.ts";
import { useCalls } from "./use.ts";

const calls = {
  ...useCalls(),

  /** Nephele as its documentation sets it up, with nobody to be asked for a password. @returns its origin */
  start: ({ folder }: { folder: string }): Promise<string> =>
    listen(async () => {
      const app = express();
      app.use("/", nephele({ adapter: new FileSystemAdapter({ root: folder }), authenticator: new Unrestricted() }));
      return app;
    }),
};

export type RivalCalls = typeof calls;

serveCalls(calls);
