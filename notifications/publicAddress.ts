import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import * as ipaddr from 'ipaddr.js';

/** Throws when the host of a URL is written as an address that is not public: such a host is never looked up. */
export function refuseWrittenAddress(url: string): void {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublic(host)) throw notAllowed(host, host);
}

/**
 * For `lookup` of an HTTP request: the addresses of a name, none of which may be private, of this machine, or of the cloud's metadata
 * service. Asked at the moment of connecting, so that a name cannot change its address in between.
 */
export const lookupPublic: LookupFunction = (host, options, answer) => {
  lookup(host, { ...options, all: true }, (error, addresses: readonly LookupAddress[]) => {
    if (error !== null) {
      answer(error, '');
      return;
    }
    const own = addresses.find(({ address }) => !isPublic(address));
    const [first] = addresses;
    if (own !== undefined || first === undefined)
      answer(notAllowed(host, own?.address ?? 'without an address'), '');
    else if (options.all === true) answer(null, [...addresses]);
    else answer(null, first.address, first.family);
  });
};

/**
 * Azure's own address in every virtual network (DHCP, DNS, health probes, the guest agent's wire server): by its number it is public.
 * Source: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16.
 */
const AZURE_PLATFORM = '168.63.129.16';

/** An IPv4 address inside of an IPv6 one counts as what it is. */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const found = ipaddr.process(address);
  return found.range() === 'unicast' && found.toString() !== AZURE_PLATFORM;
}

const notAllowed = (host: string, address: string): Error =>
  new Error(
    `${host} is ${address}, which is not a public address: it is not allowed (LOWTIDE_NOTIFICATIONS_PRIVATE).`,
  );
