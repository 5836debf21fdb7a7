import { startProxy } from "../../faults/proxy.ts";
import { listen } from "../../server/listen.ts";
import { control, recorder } from "../proxy/control.ts";
import { atEnd, PORTS, type ProxySettings, readSettings } from "./settings.ts";

const ANY = "0.0.0.0";

// Stands at the name of one server, where its peers find it.
const { name, origin, tls, token, target } = await readSettings<ProxySettings>("proxy");
const record = recorder();
const proxy = await startProxy({ name, origin, tls, host: ANY, port: PORTS.peers, watch: record.watch });
proxy.passTo(target);
atEnd(proxy.close);
await listen(PORTS.control, control(proxy, record, token), { host: ANY });
console.log(`The proxy of ${name} stands at ${origin}`);
