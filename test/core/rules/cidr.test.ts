import { describe, expect, it } from 'vitest';
import { cidrTest, parseCidr } from '../../../src/core/rules/cidr.ts';

describe('cidrTest', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '::1', false],
    ['127.0.0.0/8', '::ffff:127.0.0.1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['fe80::/10', 'fec0::1', false],
    ['2001:db8::/32', '2001:DB8:ffff::', true],
    ['::/0', '10.0.0.1', false],
    ['10.0.0.0/8', 'localhost', false],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', '10.0.0.256', false],
  ])('%s has %s: %s', (range, address, inside) => {
    expect(cidrTest(range)(address)).toBe(inside);
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0/8', 'web-1', '1::2::3', '', '10.0.0.0/x', '12345::'])('knows that %j is no range', range => {
    expect(parseCidr(range)).toBeUndefined();
    expect(() => cidrTest(range)).toThrow('no address range');
  });
});
