/** An OCM Address (draft section 2): the identifier is opaque and case-sensitive, the host canonical. */
export interface OcmAddress {
  identifier: string;
  /** Lower case, without the default port 443, IPv6 in brackets. */
  host: string;
}
