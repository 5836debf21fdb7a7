import type { Middleware } from "koa";
import { HostFileError, type HostFileFailure, OcmError } from "../../plugin/index.ts";

const STATUS: Record<HostFileFailure, number> = {
  "not-found": 404,
  exists: 409,
  "not-a-folder": 409,
  "is-a-folder": 409,
  "no-space": 507,
  forbidden: 403,
  "bad-name": 400,
  changed: 412,
};

/** Answers the request with this status and sentence. */
export function refuse(status: number, message: string, headers: Record<string, string> = {}): never {
  throw Object.assign(new Error(message), { status, headers, expose: true });
}

/** Gives what the file store and the plugin throw the status that it stands for. */
export const explainRefusals: Middleware = async (_ctx, next) => {
  try {
    await next();
  } catch (error) {
    if (error instanceof HostFileError) {
      refuse(STATUS[error.failure], error.message);
    }
    if (error instanceof OcmError) {
      refuse(error.status, error.message);
    }
    throw error;
  }
};
