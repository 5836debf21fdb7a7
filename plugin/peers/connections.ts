import type { ConnectPolicy } from "../ports/system.ts";
import { refuseAddress } from "./address-filter.ts";
import { isLoopbackHost } from "./host-pattern.ts";
import type { PeerSetting, PeerSettings } from "./peer-settings.ts";

const CONNECT_TIMEOUT = 10_000;
const MESSAGE_CONNECTIONS = 32;
const STREAM_CONNECTIONS = 128;

/** How to connect for one peer. Long transfers have a pool of their own, so that they cannot hold up messages. */
export interface PeerConnection {
  message: ConnectPolicy;
  stream: ConnectPolicy;
  allowInsecureHttp: boolean;
}

/** The connection policy by peer; one object per setting, as pools are kept by it. */
export type Connections = (host: string) => PeerConnection;

export interface ConnectionsOptions {
  settings: PeerSettings;
  /** Canonical host[:port] of this server: its address is not filtered, for the self-check. */
  ownHost: string;
  outboundProxy?: string | undefined;
}

/**
 * The policy belongs to the peer that named a URL, also where the URL is on another host: a stranger's discovery document cannot
 * borrow what the operator allows for a neighbour (G-03).
 */
export function createConnections({ settings, ownHost, outboundProxy }: ConnectionsOptions): Connections {
  const bySetting = new WeakMap<PeerSetting, PeerConnection>();
  const create = (
    setting: PeerSetting,
    refuse: ConnectPolicy["refuse"],
    allowInsecureHttp: boolean,
    publicNames: boolean,
  ): PeerConnection => {
    const policy: ConnectPolicy = {
      refuse,
      timeout: CONNECT_TIMEOUT,
      publicNames,
      ...(setting.ca === undefined ? {} : { ca: setting.ca }),
      ...(outboundProxy === undefined ? {} : { proxy: outboundProxy }),
    };
    return {
      message: { ...policy, connections: MESSAGE_CONNECTIONS },
      stream: { ...policy, connections: STREAM_CONNECTIONS },
      allowInsecureHttp,
    };
  };
  const own = settings.of(ownHost);
  const ownConnection = create(own, () => null, own.allowInsecureHttp || isLoopbackHost(ownHost), false);
  return (host) => {
    if (host === ownHost) return ownConnection;
    const setting = settings.of(host);
    const { allowInsecureHttp, allowPrivateAddresses } = setting;
    const refuse = (address: string) => refuseAddress(address, allowPrivateAddresses);
    const connection = bySetting.get(setting) ?? create(setting, refuse, allowInsecureHttp, setting.entry === null);
    bySetting.set(setting, connection);
    return connection;
  };
}
