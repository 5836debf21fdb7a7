import type http from "node:http";
import { onTestFinished } from "vitest";
import type { ConnectPolicy, TransportError, TransportRequest } from "../ports/system.ts";

/** Closes something when the test ends. */
export function keep<T extends { close(): Promise<void> }>(thing: T): T {
  onTestFinished(() => thing.close());
  return thing;
}

/** Permits every address, as no production policy does. */
export const anywhere = (more: Partial<ConnectPolicy> = {}): ConnectPolicy => ({
  refuse: () => null,
  timeout: 3000,
  ...more,
});

/** Refuses loopback, where the servers of the tests are. */
export const noLoopback = (more: Partial<ConnectPolicy> = {}): ConnectPolicy => ({
  refuse: (address) => (/^(::ffff:)?127\.|^::1$/.test(address) ? "a loopback address" : null),
  timeout: 3000,
  ...more,
});

/** A request with short limits. */
export const get = (url: string, connect: ConnectPolicy, more: Partial<TransportRequest> = {}): TransportRequest => ({
  method: "GET",
  url,
  headers: {},
  connect,
  headersTimeout: 3000,
  idleTimeout: 3000,
  ...more,
});

/** Answers with the host that was asked for. */
export const hello: http.RequestListener = (request, response) => {
  response.end(`hello ${request.headers.host}`);
};

/** The error of a promise that has to fail. */
export function failure(promise: Promise<unknown>): Promise<TransportError> {
  return promise.then(
    () => {
      throw new Error("It did not fail.");
    },
    (error) => error,
  );
}
