import { describe, expect, it } from "vitest";
import { checkCompose, checkEngine, DockerTrouble, explained } from "./troubles.ts";

describe("What Docker says", () => {
  it.each([
    [
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: connect: permission denied",
      /^You may not use the Docker engine: add yourself to the group docker/,
    ],
    [
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      /^No Docker engine answers: start it/,
    ],
    [
      "docker: 'compose' is not a docker command.\nSee 'docker --help'",
      /^Docker has no compose: install the plugin docker-compose 2\.24/,
    ],
    ["unknown shorthand flag: 's' in --short", /^Docker has no compose/],
    [
      "Error response from daemon: driver failed programming external connectivity: Bind for 127.0.0.1:4743 failed: port is already allocated",
      /^The port is taken: choose another one with --port\.$/,
    ],
    ["listen tcp4 127.0.0.1:4743: bind: address already in use", /^The port is taken/],
    ["write /var/lib/docker/tmp/x: no space left on device", /^There is no space left/],
    [
      "failed to solve: mongo:8.0.13: failed to resolve source metadata for docker.io/library/mongo:8.0.13: dial tcp: lookup failed",
      /^An image cannot be had: failed to resolve source metadata .*\. Where no registry can be reached, use scripts\/with-docker\.sh\.$/,
    ],
    ["Some step\nthe last word", /^docker compose up failed: the last word$/],
    ["", /^docker compose up failed: Docker does not say why$/],
  ])("becomes one line that says what to do: %s", (said, line) => {
    const trouble = explained(said, "docker compose up");
    expect(trouble).toBeInstanceOf(DockerTrouble);
    expect(trouble.message).toMatch(line);
    expect(trouble.message).not.toContain("\n");
  });

  it.each(["20.10.24+dfsg1", "28.2.2", "29.0.0-rc.1", "dev"])("an engine %s is new enough", (version) => {
    expect(() => checkEngine(version)).not.toThrow();
  });
  it.each(["19.03.15", "20.9.0", "1.13.1"])("an engine %s is too old", (version) => {
    expect(() => checkEngine(version)).toThrow(`Docker Engine ${version} is too old: install 20.10 or newer`);
  });
  it.each(["v2.40.3", "2.24.0", "v5.0.1", "dev"])("compose %s is new enough", (version) => {
    expect(() => checkCompose(version)).not.toThrow();
  });
  it.each(["1.29.2", "v2.23.3"])("compose %s is too old", (version) => {
    expect(() => checkCompose(version)).toThrow(
      `Docker Compose ${version} is too old: install the plugin docker-compose 2.24`,
    );
  });
});
