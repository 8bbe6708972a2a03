/** `README.txt`, followed with other people's tools: it finds what is in order, and everything that is not. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, unzipSync } from 'fflate';
import { portableCrypto } from '@cunzheng/crypto';
import { CA_EXTENSIONS, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa } from '@test/openssl-tsa.js';
import { describeWithTool } from '@test/tools.js';
import { exampleVerifierKey } from '../../../apps/api/src/openapi/examples.js';
import { addDocuments, buildPackage } from '../src/index.js';
import { formatReadme } from '../src/readme.js';
import { DOCUMENT, input, rewrite } from './example-package.js';

describeWithTool('openssl', 'an expert who follows README.txt', () => {
  let folder: string;
  let pki: OpensslPki;
  let roots: string;
  let logKey: string;
  let stamped: Uint8Array;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cunzheng-package-'));
    pki = new OpensslPki();
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const tsa = new OpensslTsa(pki, pki.issue({ name: 'tsa', issuer: root, extensions: TSA_EXTENSIONS }));
    roots = root.certificatePath;
    const empty = await buildPackage(portableCrypto, input, true, (manifest) =>
      Promise.resolve(tsa.stamp(manifest)),
    );
    logKey = makeLogKey(exampleVerifierKey);
    stamped = addDocuments(portableCrypto, empty, [{ name: 'abc.txt', bytes: DOCUMENT }]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    pki.remove();
  });

  /** The key file that the command in the README makes of a verifier key. */
  function makeLogKey(vkey: string): string {
    const [command] = /^ {2}\{ printf.*\n.*log-key\.pem$/m.exec(formatReadme(true))!;
    execFileSync('sh', ['-c', command], { cwd: folder, env: { ...process.env, VKEY: vkey } });
    return join(folder, 'log-key.pem');
  }

  /** Unpacks with unzip and runs the commands of the README in a POSIX shell, without those that match `skip`. */
  function follow(
    container: Uint8Array,
    skip?: RegExp,
    own: Record<string, string> = { LOG_KEY: logKey },
  ): { status: number | null; output: string } {
    const cwd = mkdtempSync(join(folder, 'unpacked-'));
    writeFileSync(`${cwd}.asice`, container);
    execFileSync('unzip', ['-q', `${cwd}.asice`, '-d', cwd]);
    const commands = [...readFileSync(join(cwd, 'README.txt'), 'utf8').matchAll(/^ {4}(.*)$/gm)].map(
      ([, line]) => line!,
    );
    const script = commands.filter((line) => !skip?.test(line)).join('\n');
    const env = { ...process.env, TSA_ROOTS: roots, ...own };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { cwd, encoding: 'utf8', env });
    return { status, output: stdout + stderr };
  }

  test('finds everything in order', () => {
    const { status, output } = follow(stamped);
    expect(output).not.toMatch(/DIFFERENT|broken|not a node/);
    for (const line of [
      'ok: files',
      'Verification: OK',
      'ok: evidence/001/record is in the log',
      'ok: evidence/002/header is in the log',
      'ok: disclosures',
      `ok: checkpoints/main-4 is signed with ${logKey}`,
      'ok: documents/001-abc.txt sha-256',
    ])
      expect(output).toContain(line);
    expect(status).toBe(0);
  });

  test('brings the key of the log: the package’s own says nothing', () => {
    const without = follow(stamped, undefined, {});
    expect([without.status, without.output]).toEqual([
      2,
      expect.stringMatching(
        /ok: disclosures[^]*LOG_KEY: set it to the file of the public key of the log/,
      ) as string,
    ]);
    const stranger = join(folder, 'stranger.pem');
    writeFileSync(
      stranger,
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    );
    const other = follow(stamped, undefined, { LOG_KEY: stranger });
    expect([other.status, other.output]).toEqual([
      1,
      expect.stringContaining('DIFFERENT: checkpoints/main-4 is not signed with LOG_KEY') as string,
    ]);
    expect(follow(stamped, undefined, { LOG_KEY: `${stranger} ${logKey}` }).status).toBe(0);
  });

  const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  test.each([
    ['another document', 'documents/001-abc.txt', 'DIFFERENT: documents/001-abc.txt'],
    ['another record', 'evidence/001/record/body.json', 'DIFFERENT: evidence/001/record SHA-256'],
    [
      'another step of the proof',
      'evidence/001/record/step-00.bin',
      'DIFFERENT: evidence/001/record is in the log',
    ],
    [
      'another signed checkpoint',
      'checkpoints/main-4/signed.txt',
      'DIFFERENT: evidence/001/record is in the log',
    ],
    [
      'another log signature',
      'checkpoints/main-4/log.sig',
      'DIFFERENT: checkpoints/main-4 is not signed with LOG_KEY',
    ],
    ['another disclosure', 'evidence/001/disclosures/00.txt', 'DIFFERENT: evidence/001/disclosures/00.txt'],
  ])('finds %s', (_, path, message) => {
    // The sums are made to fit, so that the step itself must notice; the stamped manifest is what they cannot be.
    const files = unzipSync(stamped);
    const original = files[path]!;
    const changed = original.slice();
    changed[path.endsWith('signed.txt') ? changed.length - 4 : 40 % changed.length]! ^= 1;
    const sums = Buffer.from(files['SHA256SUMS']!)
      .toString()
      .replace(`${digestOf(original)}  ${path}`, `${digestOf(changed)}  ${path}`);
    const base64 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');
    const manifest = Buffer.from(files['META-INF/ASiCManifest.xml']!)
      .toString()
      .replace(base64(files['SHA256SUMS']!), base64(strToU8(sums)));
    const forged = rewrite(stamped, {
      [path]: changed,
      SHA256SUMS: strToU8(sums),
      'META-INF/ASiCManifest.xml': strToU8(manifest),
    });
    const first = follow(forged);
    expect([first.status, first.output]).toEqual([
      1,
      expect.stringMatching(path.startsWith('documents/') ? message : /message imprint mismatch/i) as string,
    ]);
    const second = follow(forged, /^openssl ts -verify -data META-INF/);
    expect([second.status, second.output]).toEqual([1, expect.stringContaining(message) as string]);
  });
});
