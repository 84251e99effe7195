// Who may come: the IP allow rules of a live event's input and preview. Pure.
import { BlockList, isIP } from 'node:net';

/** `prefixLength` bits of `address`; IPv4 or IPv6. */
export type AllowedRange = { readonly address: string; readonly prefixLength: number };
/** Undefined: nothing was said, and everybody may come. An empty list: nobody (media-services.md §8). */
export type AllowedRanges = readonly AllowedRange[] | undefined;

/** @param address of the peer as its socket tells it; one that is not known is never allowed by a rule */
export function isAddressAllowed(allowed: AllowedRanges, address: string): boolean {
  if (allowed === undefined) return true;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const family = familyOf(plain);
  if (family === undefined) return false;
  const list = new BlockList();
  for (const range of allowed) {
    const rangeFamily = familyOf(range.address);
    if (rangeFamily !== undefined) list.addSubnet(range.address, Math.min(range.prefixLength, rangeFamily === 'ipv4' ? 32 : 128), rangeFamily);
  }
  return list.check(plain, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}
