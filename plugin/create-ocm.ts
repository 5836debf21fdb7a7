import { createSweep } from "./access/changes/sweep.ts";
import { createCopies } from "./access/copies/copies.ts";
import { ownTree } from "./access/own-tree.ts";
import { passwordsApi } from "./access/passwords/app-passwords.ts";
import { createRemoteAccess } from "./access/remote/remote-access.ts";
import type { OcmApi } from "./api.ts";
import { countBacklog } from "./deliver/backlog.ts";
import { periodic } from "./deliver/periodic.ts";
import { attended, shortRest } from "./deliver/rest.ts";
import { createWorker } from "./deliver/worker.ts";
import { rememberSignatures, requestLimiter } from "./endpoints/bounds.ts";
import type { KoaMiddleware } from "./endpoints/koa.ts";
import { mount } from "./endpoints/mount.ts";
import { ownDocuments } from "./endpoints/own-documents.ts";
import { createPeerAuth } from "./endpoints/peer-auth.ts";
import { allRoutes } from "./endpoints/routes.ts";
import { selfCheck } from "./endpoints/self-check.ts";
import { wayfPageUrl } from "./endpoints/wayf.ts";
import { type DecisionName, OcmEvents } from "./events.ts";
import { SCHEMA, versionIn } from "./model/migrations/versions.ts";
import { bindToOrigin, openStore } from "./model/open-store.ts";
import type { OcmOptions } from "./options.ts";
import { INVITE_ACCEPT_PATH } from "./pages/page-routes.ts";
import { createPeerClient } from "./peers/client.ts";
import { diagnosePeer, type Finding } from "./peers/diagnose.ts";
import { type OperatorApi, operatorApi } from "./peers/operator.ts";
import { createPeerSettings, type PeerSettings } from "./peers/peer-settings.ts";
import { createTrust } from "./peers/trust.ts";
import { createWayf, type Wayf } from "./peers/wayf.ts";
import type { Logger } from "./ports/log.ts";
import type { Store } from "./ports/store.ts";
import type { System } from "./ports/system.ts";
import type { Telemetry } from "./ports/telemetry.ts";
import type { TrustPolicy } from "./ports/trust.ts";
import { readSettings, relaxations, type Settings } from "./settings.ts";
import { sharingApi } from "./sharing/api.ts";
import type { SharingContext } from "./sharing/context.ts";
import { sharingLimits } from "./sharing/limits.ts";
import { type Keyring, openKeyring } from "./signing/keyring.ts";
import { createSealer } from "./signing/sealer.ts";
import { createSigner } from "./signing/signer.ts";
import { createVerifier } from "./signing/verifier.ts";
import { machine } from "./system/machine.ts";
import { openTelemetry } from "./telemetry/open-telemetry.ts";

/** How long what is under way to peers may take when the plugin is closed, in milliseconds. */
const CLOSING_GRACE = 2_000;
/** How often the keys are read again, in milliseconds: another process may have rotated them. */
const KEY_REFRESH = 10 * 60_000;

/** After these decisions nothing of what is kept beside a share is of use any more. */
const ENDS_A_SHARE: ReadonlySet<DecisionName> = new Set([
  "share-rejected",
  "share-declined-by-recipient",
  "share-revoked",
  "share-expired",
  "share-declined",
  "share-left",
  "share-ended-by-owner",
  "received-share-expired",
]);
const NOT_HASTENED =
  "Copies that waited for a peer which is back could not be hastened; they go on within five minutes.";
const NOT_CLEARED = "What was kept beside a share that has ended is not cleared; locks run out by themselves.";

/** One plugin instance: one origin, one database. */
export interface Ocm {
  /** Everything, for the root of the application, before any body parser. */
  middleware(): KoaMiddleware;
  /** Only the documents below `/.well-known/`, for the root, where the routes are mounted elsewhere. */
  wellKnown(): KoaMiddleware;
  /** The routes below `prefix`, for wherever the host mounts them. */
  routes(): KoaMiddleware;
  /** The use cases, typed. */
  api: OcmApi;
  /** Peers, keys and the database, for the operator's commands and pages. */
  operator: OperatorApi;
  /**
   * Looks at everything that has to work between this server and another, and gives each finding out when it is there. It sends one
   * signed message about a share that does not exist, and changes nothing, here or there. Never throws.
   * @param peer host[:port], a URL of it, or the OCM Address of somebody there
   */
  diagnose(peer: string): AsyncIterable<Finding>;
  /** Audit, metrics, tests. */
  events: OcmEvents;
  /** Resolves when the database answers. @throws when it does not */
  ready(): Promise<void>;
  /** Finishes what is under way, for two seconds at most, frees leases and lets go of the database. */
  close(): Promise<void>;
}

/**
 * Makes the plugin: opens the database, creates keys at the first start, and begins to deliver.
 * @throws TypeError for options that can't be used; DatabaseRefused when the database is another server's, in use or of a newer
 *   version; OcmError when its keys cannot be opened
 */
export async function createOcm(options: OcmOptions): Promise<Ocm> {
  const settings = readSettings(options);
  const peerSettings = createPeerSettings(options.peers);
  const trust = createTrust(options.trust, peerSettings);
  for (const sentence of relaxations(options)) settings.log.warn({}, sentence);
  const system = options.system ?? machine();
  const { origin, log } = settings;
  const telemetry = await openTelemetry({ telemetry: options.telemetry, origin, system, log, isKnown: trust.isKnown });
  const wayf = createWayf(options, { ...settings, system, logger: log, telemetry, trust, settings: peerSettings });
  const store = await openedStore(options, origin, system, log);
  try {
    const { encryptionKey } = options.storage ?? {};
    const keyring = await openKeyring({ store: store.keys, system, origin, encryptionKey });
    return assemble(options, { settings, peerSettings, trust, system, telemetry, store, keyring, wayf });
  } catch (error) {
    if (typeof options.database === "string") await store.close();
    throw error;
  }
}

interface Parts {
  settings: Settings;
  peerSettings: PeerSettings;
  trust: TrustPolicy;
  system: System;
  telemetry: Telemetry;
  store: Store;
  keyring: Keyring;
  wayf: Wayf;
}

/** Wires the rooms. Nothing here waits or fails. */
function assemble(options: OcmOptions, parts: Parts): Ocm {
  const { settings, peerSettings, trust, system, telemetry, keyring, wayf } = parts;
  // Nobody else can reach a database in the memory of this process.
  const own = options.database === "file::memory:" ? attended(parts.store, system) : undefined;
  const store = own?.store ?? parts.store;
  const { origin, ownHost, prefix, publicPath, name, log } = settings;
  const events = new OcmEvents();
  let isClosed = false;
  const endPoint = `${origin}${publicPath}${prefix}`;
  const sealer = createSealer(keyring, system);
  const signer = createSigner({ system, keyring });
  const peers = createPeerClient({
    system,
    signer,
    trust,
    settings: peerSettings,
    store: store.peers,
    outboundProxy: options.outboundProxy,
    logger: log,
    ownHost,
    telemetry,
    onRecovered(host) {
      void worker.hasten(host);
      void copies.hasten(host).catch((error) => log.warn({ err: error, peer: host }, NOT_HASTENED));
    },
  });

  const tree = ownTree({ store, system });
  const { forget, ...remote } = createRemoteAccess({
    store,
    peers,
    sealer,
    system,
    ownHost,
    logger: log,
    telemetry,
  });
  const context: SharingContext = {
    store,
    peers,
    trust,
    sealer,
    system,
    host: options.host,
    limits: sharingLimits(options.limits, options.storage),
    log,
    self: {
      host: ownHost,
      resourceUrl: (id) => `${endPoint}/dav/${id}`,
      wayfPage: wayf.isOn ? wayfPageUrl(endPoint) : null,
    },
    decided: (event) => {
      // A logger may have a name of its own, as pino's has.
      const { name: decision, ...fields } = event;
      log.info({ decision, ...fields }, decision);
      telemetry.decided(event);
      if (ENDS_A_SHARE.has(event.name)) {
        forget(event.record);
        void tree.shareEnded(event.user, event.record).catch((error) => log.warn({ err: error }, NOT_CLEARED));
      }
      events.emit("decision", event);
    },
    nudge: (kind, id) => worker.nudge(kind, id),
  };
  const worker = createWorker({
    context,
    enabled: options.worker ?? true,
    owner: system.random("worker", 12).toString("hex"),
    rest: own?.rest(["outgoing", "incoming", "invite", "contact"]) ?? shortRest(system),
    telemetry,
    delivered(event) {
      telemetry.delivered(event);
      events.emit("delivery", event);
    },
  });
  const { files } = options.host;
  const copies = createCopies({
    store,
    remote,
    files,
    system,
    logger: log,
    worker: options.worker ?? true,
    rest: own?.rest(["copy"]) ?? shortRest(system),
    changed: tree.changed,
  });
  const sweep = createSweep({ store, files, system, logger: log });
  const sharing = sharingApi(context, remote);
  const api: OcmApi = {
    ...sharing,
    copies: copies.api,
    passwords: passwordsApi({ store, system }),
    fileChanged: tree.changed,
    async fileMoved(user, from, to) {
      await sharing.fileMoved(user, from, to);
      await tree.moved(user, from, to);
    },
    async fileRemoved(user, path) {
      await sharing.fileRemoved(user, path);
      await tree.removed(user, path);
    },
    async userRemoved(user) {
      await sharing.userRemoved(user);
      await copies.userRemoved(user);
      await tree.userRemoved(user);
    },
  };

  const auth = createPeerAuth({
    verifier: createVerifier({ system, strictDate: options.trust?.strictDate ?? false }),
    keys: peers.keys,
    trust,
    peers,
    telemetry,
    admit: requestLimiter(system, options.limits?.requestsPerPeer ?? 2000),
    targetUri: (call) => `${endPoint}${call.rawPath}${queryOf(call.request.url)}`,
  });
  const routes = allRoutes({
    context,
    auth,
    seen: rememberSignatures(system),
    api,
    users: options.host.users,
    name,
    origin,
    publicPrefix: publicPath + prefix,
    telemetry,
    wayf,
    features: { pages: options.pages ?? true, wayf: wayf.isOn, userApi: options.userApi ?? true },
  });
  const mounted = mount({
    routes,
    prefix,
    publicPath,
    documents: ownDocuments({
      origin,
      publicPath,
      prefix,
      name,
      trust,
      capabilities: [...new Set(routes.flatMap(({ capability = [] }) => capability))],
      inviteAcceptDialog: options.pages === false ? null : publicPath + prefix + INVITE_ACCEPT_PATH,
      wellKnownJwks: options.wellKnownJwks ?? true,
      jwks: () => keyring.publicJwks(),
    }),
    session: options.host.session,
    system,
    log,
    events,
    telemetry,
    firstRequest(first) {
      const { ca } = peerSettings.of(ownHost);
      void selfCheck({ system, log, origin, endPoint, ca, isOver: () => isClosed }, first);
    },
  });

  if (options.worker ?? true) {
    void peers.start().catch((error) => log.error({ err: error }, "The list of peers cannot be read."));
    sweep.start();
  }
  copies.start();
  worker.start();
  wayf.start();
  const unobserve = telemetry.observe({
    // Processes without a worker share the backlog of those that have one.
    backlog: async () => ((options.worker ?? true) ? countBacklog(store) : []),
    peers: peers.states,
  });
  const keys = periodic(system, KEY_REFRESH, log, () => keyring.refresh());
  return {
    ...mounted,
    api,
    operator: operatorApi({
      store,
      peers,
      trust,
      keyring,
      system,
      origin,
      encryptionKey: options.storage?.encryptionKey,
      // A database of ours always has a version; this only reads it.
      schema: async () =>
        typeof options.database === "string" ? versionIn(await store.fix(SCHEMA, { version: 0 })) : null,
    }),
    diagnose: (peer) =>
      diagnosePeer(
        {
          system,
          signer,
          trust,
          settings: peerSettings,
          logger: log,
          outboundProxy: options.outboundProxy,
          health: peers.health,
          self: { host: ownHost, endPoint, activeKid: () => keyring.activeSigningKey().kid },
        },
        peer,
      ),
    events,
    ready: () => store.ping(),
    async close() {
      isClosed = true;
      unobserve();
      const drained = Promise.all([worker.close(), copies.close(), sweep.stop(), keys.stop(), wayf.close()]);
      const early = new AbortController();
      await Promise.race([drained.finally(() => early.abort()), system.sleep(CLOSING_GRACE, early.signal)]);
      // What a peer has not answered by now is broken off, and tried again after the next start.
      await peers.close();
      await drained;
      if (typeof options.database === "string") await store.close();
      if (options.system === undefined) await system.close?.();
    },
  };
}

async function openedStore(
  { database, storage, worker = true }: OcmOptions,
  origin: string,
  system: System,
  logger: Logger,
): Promise<Store> {
  if (typeof database !== "string") {
    await bindToOrigin(database, origin);
    return database;
  }
  const synchronous = storage?.synchronous ?? "full";
  return openStore({ database, origin, system, logger, synchronous, exclusive: worker });
}

function queryOf(url = ""): string {
  const at = url.indexOf("?");
  return at === -1 ? "" : url.slice(at);
}
