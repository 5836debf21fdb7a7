import { Agent, buildConnector, type Dispatcher } from "undici";

/**
 * A way to a server whose name this machine does not know: to a port on the loopback address, with TLS for the server's name and with
 * the authority of the testbed trusted and no other.
 *
 * @param before each request waits for this first
 */
export function wayTo(host: string, port: number, authority: string, before: () => Promise<void>): Dispatcher {
  const connect = buildConnector({ ca: authority });
  const agent = new Agent({
    connect: (options, callback) =>
      connect({ ...options, hostname: "127.0.0.1", port: String(port), servername: host }, callback),
  });
  return agent.compose((dispatch) => (options, handler) => {
    void before().then(() => dispatch(options, handler));
    return true;
  });
}
