import { listen } from "../../server/listen.ts";
import { startBalancer } from "../balancer/balancer.ts";
import { atEnd, type BalancerSettings, PORTS, readSettings } from "./settings.ts";

const ANY = "0.0.0.0";

// People come in over TLS. For peers the fault proxies have ended TLS already.
const { sites, tls } = await readSettings<BalancerSettings>("balancer");
const balancer = await startBalancer(sites, [
  { host: ANY, port: PORTS.people, tls },
  { host: ANY, port: PORTS.plain },
]);
atEnd(balancer.close);

// For the health check: how many processes of each server are ready. One of each is enough.
await listen(
  PORTS.control,
  (_req, res) => {
    const ready = balancer.ready();
    const isWell = Object.values(ready).every((count) => count > 0);
    res.writeHead(isWell ? 200 : 503, { "content-type": "application/json" }).end(`${JSON.stringify(ready)}\n`);
  },
  { host: ANY },
);
console.log(`The balancer serves ${sites.map(({ host }) => host).join(", ")}`);
