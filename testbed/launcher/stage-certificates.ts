import type { ExpiredFor } from "../faults/certificate.ts";
import type { PeerProxy } from "../faults/proxy.ts";
import type { Authority, Credentials } from "../tls/authority.ts";

/** When whose certificate has expired. */
export interface CertificateTimes {
  /** These times follow from now on, and nothing of earlier ones. */
  begin(times: ExpiredFor[]): void;
  /** What has expired is renewed. */
  end(): void;
}

/**
 * Shows certificates that have expired, one server's after the other's, until each is renewed.
 *
 * @param good what all servers show otherwise
 */
export function certificateFault(
  proxyOf: (server: string) => PeerProxy | undefined,
  authority: Authority | null,
  good: Credentials | undefined,
  harmed: (what: string) => void,
): CertificateTimes {
  let stop = new AbortController();
  const run = async (times: ExpiredFor[], { signal }: AbortController): Promise<void> => {
    const expired = await authority?.issue(["localhost"], Date.now());
    for (const { server, forMs } of times) {
      const proxy = proxyOf(server);
      if (signal.aborted || proxy === undefined || expired === undefined || good === undefined) return;
      proxy.show(expired);
      harmed(`${server}: expired certificate`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, forMs);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          resolve();
        });
      });
      proxy.show(good);
    }
  };
  const end = (): void => {
    stop.abort();
    stop = new AbortController();
  };
  return {
    begin(times) {
      end();
      run(times, stop).catch(() => undefined);
    },
    end,
  };
}
