import { CERTIFICATE_FAULTS, type CertificateFault, type CertificateFaultName } from "./certificate.ts";
import { NETWORK_FAULTS, type NetworkFault, type NetworkFaultName } from "./network.ts";
import { PROCESS_FAULTS, type ProcessFault, type ProcessFaultName } from "./process.ts";

/** What can go wrong with or between servers. */
export type Fault = NetworkFault | ProcessFault | CertificateFault;

/** Every fault, by the name that people call it by. */
export const FAULTS = { ...NETWORK_FAULTS, ...PROCESS_FAULTS, ...CERTIFICATE_FAULTS } satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

export const isNetworkFault = (name: FaultName): name is NetworkFaultName => FAULTS[name].kind === "network";
export const isProcessFault = (name: FaultName): name is ProcessFaultName => FAULTS[name].kind === "process";
export const isCertificateFault = (name: FaultName): name is CertificateFaultName =>
  FAULTS[name].kind === "certificate";
