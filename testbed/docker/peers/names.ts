/** Names of servers that load tests are, beside those of the testbed. The servers of the testbed are told of each of them. */
export const PEER_HOSTS = Array.from({ length: 10 }, (_, index) => `peer-${index + 1}.test`) as [string, ...string[]];

/** Where a connection to one of them leads: nobody listens at the second port, and nobody answers at the third one. */
export const PEER_PORTS = { answers: 443, refuses: 444, silent: 445 } as const;
