import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refuseAddress } from "./address-filter.ts";

describe("addresses of peers", () => {
  it.each(["93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:810::200e", "::ffff:93.184.216.34"])(
    "permits the public address %s",
    (address) => {
      expect(refuseAddress(address, false)).toBeNull();
      expect(refuseAddress(address, true)).toBeNull();
    },
  );

  it.each(["64:ff9b::5db8:d822", "2002:5db8:d822::1"])(
    "permits %s, which leads to a public IPv4 address",
    (address) => {
      expect(refuseAddress(address, false)).toBeNull();
    },
  );

  it.each([
    ["127.0.0.1", /loopback/],
    ["127.255.255.254", /loopback/],
    ["::1", /loopback/],
    ["::ffff:127.0.0.1", /loopback/],
    ["::ffff:7f00:1", /loopback/],
    ["10.0.0.1", /private/],
    ["172.16.0.1", /private/],
    ["172.31.255.255", /private/],
    ["192.168.1.1", /private/],
    ["::ffff:192.168.1.1", /private/],
    ["100.64.0.1", /NAT/],
    ["fd12:3456::1", /unique local/],
    ["fc00::1", /unique local/],
  ])("refuses %s unless private addresses are allowed", (address, reason) => {
    expect(refuseAddress(address, false)).toMatch(reason);
    expect(refuseAddress(address, true)).toBeNull();
  });

  it.each([
    ["169.254.169.254", /metadata/],
    ["::ffff:169.254.169.254", /metadata/],
    ["::ffff:a9fe:a9fe", /metadata/],
    ["169.254.170.2", /credentials/],
    ["100.100.100.200", /metadata/],
    ["192.0.0.192", /metadata/],
    ["168.63.129.16", /host service/],
    ["fd00:ec2::254", /metadata/],
    ["fd20:ce::254", /metadata/],
    ["169.254.1.1", /link-local/],
    ["fe80::1", /link-local/],
    ["fe80::1%eth0", /link-local/],
    ["fec0::1", /site-local/],
    ["0.0.0.0", /unspecified/],
    ["0.1.2.3", /unspecified/],
    ["::", /unspecified/],
    ["255.255.255.255", /broadcast/],
    ["224.0.0.1", /multicast/],
    ["239.255.255.250", /multicast/],
    ["ff02::1", /multicast/],
    ["192.0.2.1", /reserved/],
    ["198.51.100.1", /reserved/],
    ["203.0.113.1", /reserved/],
    ["198.18.0.1", /reserved/],
    ["240.0.0.1", /reserved/],
    ["192.88.99.1", /reserved/],
    ["192.175.48.1", /special services/],
    ["2001:db8::1", /reserved/],
    ["3fff::1", /reserved/],
    ["2001:2::1", /benchmarks/],
    ["100::1", /discard/],
    ["2001::1", /Teredo/],
    ["2001:0:7f00:1::", /Teredo/],
    ["2002:7f00:1::1", /6to4 address of 127\.0\.0\.1, a loopback/],
    ["2002:a00:1::1", /6to4 address of 10\.0\.0\.1, a private/],
    ["2002:a9fe:a9fe::1", /6to4 address of 169\.254\.169\.254, the metadata/],
    ["64:ff9b::7f00:1", /NAT64 address of 127\.0\.0\.1/],
    ["64:ff9b::10.0.0.1", /NAT64 address of 10\.0\.0\.1/],
    ["64:ff9b:1::1", /local NAT64/],
    ["::ffff:0:7f00:1", /translated address of 127\.0\.0\.1/],
    ["::127.0.0.1", /not a global/],
    ["::10.0.0.1", /not a global/],
    ["::2", /not a global/],
    ["4000::1", /not a global/],
    ["5f00::1", /special services/],
    ["localhost", /not an IP address/],
    ["", /not an IP address/],
  ])("refuses %s always", (address, reason) => {
    expect(refuseAddress(address, false)).toMatch(reason);
    expect(refuseAddress(address, true)).toMatch(reason);
  });

  it("judges an IPv4 address in IPv6 clothes as the IPv4 address", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(octet, octet, octet, octet, fc.boolean(), (a, b, c, d, allowPrivate) => {
        const plain = `${a}.${b}.${c}.${d}`;
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        const reason = refuseAddress(plain, allowPrivate);
        expect(refuseAddress(`::ffff:${plain}`, allowPrivate)).toBe(reason);
        expect(refuseAddress(`::ffff:${hex}`, allowPrivate)).toBe(reason);
        const isPublic = refuseAddress(plain, false) === null;
        expect(refuseAddress(`64:ff9b::${hex}`, allowPrivate) === null).toBe(isPublic);
        expect(refuseAddress(`2002:${hex}::1`, allowPrivate) === null).toBe(isPublic);
      }),
    );
  });

  it("has an answer to any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4Extended()), fc.boolean(), (text, allowPrivate) => {
        const reason = refuseAddress(text, allowPrivate);
        expect(reason === null || reason.length > 0).toBe(true);
      }),
    );
  });
});
