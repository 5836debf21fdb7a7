import { serveCalls } from "../../bench/process/calls.ts";
import { count } from "./count.ts";

const calls = { count };

export type CountCalls = typeof calls;

serveCalls(calls);
