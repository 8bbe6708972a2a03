/** Where webhooks may go: addresses in every disguise, and URLs. */
import { isAllowedAddress, parseEndpointUrl, policyFromSettings, type UrlPolicy } from '@cunzheng/webhooks';
import { loadSettings } from '@cunzheng/settings';

const production = policyFromSettings({
  NODE_ENV: 'production',
  WEBHOOK_PORTS: '443,8443',
  WEBHOOK_ALLOWED_NETWORKS: '',
});
const development: UrlPolicy = { ...production, allowLoopback: true };

describe('addresses', () => {
  test.each(['8.8.8.8', '1.1.1.1', '114.114.114.114', '2606:4700:4700::1111', '2400:3200::1'])(
    '%s is public',
    (address) => {
      expect(isAllowedAddress(address, production)).toBe(true);
    },
  );

  test.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['loopback', '::1'],
    ['unspecified', '::'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['shared', '100.64.0.1'],
    ['link-local, cloud metadata', '169.254.169.254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['public with a zone', '2606:4700:4700::1111%eth0'],
    ['unique local, cloud metadata', 'fd00:ec2::254'],
    ['site-local', 'fec0::1'],
    ['IETF protocols', '192.0.0.8'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.9'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['benchmarking', '198.18.0.1'],
    ['6to4 relay', '192.88.99.1'],
    ['AS112', '192.175.48.1'],
    ['AMT', '192.52.193.1'],
    ['multicast', '224.0.0.1'],
    ['multicast', '239.255.255.250'],
    ['multicast', 'ff02::1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
    ['IPv4-mapped, in hexadecimal', '::ffff:7f00:1'],
    ['IPv4-mapped public', '::ffff:8.8.8.8'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-translated', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64 of a local prefix', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['ISATAP', '2606:4700::5efe:7f00:1'],
    ['ISATAP of a public address', '2606:4700::200:5efe:7f00:1'],
    ['discard', '100::1'],
    ['ORCHID', '2001:20::1'],
    ['segment routing', '5f00::1'],
    ['never handed out', '4000::1'],
    ['no address', 'example.com'],
    ['no address', ''],
  ])('%s is refused: %s', (_, address) => {
    expect(isAllowedAddress(address, production)).toBe(false);
  });

  test('the operator may allow networks, and development its own machine', () => {
    const allowing = policyFromSettings({
      ...loadSettings({ NODE_ENV: 'production', LOG_ORIGIN: 'a.example/logs/a' }),
      WEBHOOK_ALLOWED_NETWORKS: '10.20.0.0/16, fd12::/16',
    });
    expect(
      ['10.20.255.1', '10.21.0.1', 'fd12::1', 'fd13::1', '127.0.0.1'].map((address) =>
        isAllowedAddress(address, allowing),
      ),
    ).toEqual([true, false, true, false, false]);
    expect(
      ['127.0.0.1', '::1', '10.0.0.1', '::ffff:127.0.0.1'].map((address) =>
        isAllowedAddress(address, development),
      ),
    ).toEqual([true, true, false, false]);
  });

  test('a network that is none stops the program', () => {
    expect(() =>
      policyFromSettings({ ...loadSettings({}), WEBHOOK_ALLOWED_NETWORKS: '10.0.0.0/33' }),
    ).toThrow(/want a network/);
  });
});

describe('URLs', () => {
  test.each([
    'https://example.com',
    'https://example.com:8443/hook?x=1',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
  ])('%s is taken', (url) => {
    expect(parseEndpointUrl(url, production).protocol).toBe('https:');
  });

  test.each([
    ['http://example.com', 'want https'],
    ['ftp://example.com', 'want https'],
    ['file:///etc/passwd', 'want https'],
    ['https://example.com:22', 'want one of 443, 8443'],
    ['https://user@example.com', 'without user and password'],
    ['https://:secret@example.com', 'without user and password'],
    ['https://example.com/#part', 'without a fragment'],
    ['/hook', 'want an absolute URL'],
    [`https://example.com/${'x'.repeat(2_000)}`, 'want an absolute URL of at most 2000'],
    ['https://127.0.0.1/', 'public address'],
    ['https://2130706433/', 'public address'],
    ['https://0x7f.1/', 'public address'],
    ['https://0177.0.0.1/', 'public address'],
    ['https://[::ffff:127.0.0.1]/', 'public address'],
    ['https://169.254.169.254/latest/meta-data', 'public address'],
    ['https://１２７.0.0.1/', 'public address'],
    ['http://localhost:3000/', 'want https'],
  ])('%s is refused: %s', (url, reason) => {
    expect(() => parseEndpointUrl(url, production)).toThrow(reason);
  });

  test('in development receivers on this machine need no TLS, others do', () => {
    for (const url of [
      'http://localhost:3000/',
      'http://127.0.0.1:1/',
      'http://[::1]:8080/',
      'https://localhost:3000',
    ])
      expect(parseEndpointUrl(url, development).href).toContain('://');
    for (const url of [
      'http://localhost.example.com/',
      'http://10.0.0.1/',
      'http://127.0.0.1.example.com/',
      'ftp://localhost/',
    ])
      expect(() => parseEndpointUrl(url, development)).toThrow('want https');
  });
});
