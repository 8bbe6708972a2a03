/**
 * Other people's software stamps through `POST /tsa` without knowing us: osslsigncode a script, jarsigner an archive. Each
 * verifies its own result, and the token that it put into the file has a receipt.
 */
import { execFile, execFileSync, type ExecFileException } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseToken } from '@cunzheng/timestamp';
import { fromBER, ObjectIdentifier } from 'asn1js';
import { eventually } from '@test/eventually.js';
import { TestStack, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

/** Where Authenticode and where CMS (RFC 3161, appendix A) keep the token of a signature. */
const AUTHENTICODE_TOKEN = '1.3.6.1.4.1.311.3.3.1';
const CMS_TOKEN = '1.2.840.113549.1.9.16.2.14';

class Scene {
  readonly directory = mkdtempSync(join(tmpdir(), 'cunzheng-clients-'));

  private constructor(
    readonly stack: TestStack,
    readonly api: TestApi,
  ) {}

  static async start(): Promise<Scene> {
    const stack = await TestStack.create({ TSA_ENABLED: 'true' });
    const api = await stack.startApi();
    await stack.startWorker();
    await eventually('the log', async () => (await stack.query('SELECT FROM log')).length === 1);
    const scene = new Scene(stack, api);
    const pem = readFileSync(join(stack.directory, 'tsa', 'tsa.pem'));
    writeFileSync(join(scene.directory, 'tsa.pem'), execFileSync('openssl', ['x509'], { input: pem }));
    return scene;
  }

  /** Both streams of a program in the folder. The API answers from this very process: nothing here may block. */
  async run(program: string, ...args: string[]): Promise<string> {
    try {
      const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: this.directory });
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as ExecFileException;
      throw new Error(`${program} ${args.join(' ')}: ${stdout ?? ''}${stderr ?? ''}`, { cause: error });
    }
  }

  read(name: string): Buffer {
    return readFileSync(join(this.directory, name));
  }

  /** The token stands in the ledger: a receipt is there for it. */
  async expectReceipt(token: Uint8Array): Promise<void> {
    const sha256 = createHash('sha256').update(token).digest('hex');
    const receipt = await eventually('the receipt', async () => {
      const answer = await this.api.http.get(`/tsa/receipts/${sha256}`);
      return answer.status === 200 && answer.json<{ record: string }>();
    });
    const record = JSON.parse(receipt.record) as { kind: string; acceptedAt: string };
    expect(record.kind).toBe('timestamp-token');
    expect(Date.parse(record.acceptedAt)).toBe(parseToken(token).info.genTimeMs);
  }

  async close(): Promise<void> {
    await this.stack.close();
    rmSync(this.directory, { recursive: true });
  }
}

/** The value of the attribute with this type, wherever in the signature it stands. */
function findAttribute(signature: Buffer, type: string): Uint8Array {
  const oid = Buffer.from(new ObjectIdentifier({ value: type }).toBER());
  const at = signature.indexOf(oid);
  if (at === -1) throw new Error(`the signature has no attribute ${type}`);
  const set = fromBER(new Uint8Array(signature.subarray(at + oid.length))).result;
  return new Uint8Array(
    (set.valueBlock as unknown as { value: { toBER(): ArrayBuffer }[] }).value[0]!.toBER(),
  );
}

describeWithTool('osslsigncode', 'osslsigncode', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());

  test('stamps a signed script, verifies it by our certificate, and the token has a receipt', async () => {
    const extensions = [
      '-addext',
      'extendedKeyUsage=codeSigning',
      '-addext',
      'keyUsage=critical,digitalSignature',
    ];
    const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'signer.key', '-out', 'signer.pem'];
    await scene.run('openssl', 'req', '-x509', ...key, '-subj', '/CN=Signer', '-days', '2', ...extensions);
    writeFileSync(join(scene.directory, 'script.ps1'), 'Write-Host "hello"\r\n');
    const signer = ['-certs', 'signer.pem', '-key', 'signer.key', '-h', 'sha256'];
    const stamp = ['-ts', `${scene.api.url}/tsa`];
    const io = ['-in', 'script.ps1', '-out', 'signed.ps1'];
    await scene.run('osslsigncode', 'sign', ...signer, ...stamp, ...io);
    const trust = ['-CAfile', 'signer.pem', '-TSA-CAfile', 'tsa.pem'];
    const verified = await scene.run('osslsigncode', 'verify', ...trust, '-in', 'signed.ps1');
    expect(verified).toContain('Timestamp Server Signature verification: ok');
    expect(verified).toContain('Signature verification: ok');
    await scene.run('osslsigncode', 'extract-signature', '-in', 'signed.ps1', '-out', 'signature');
    await scene.expectReceipt(findAttribute(scene.read('signature'), AUTHENTICODE_TOKEN));
  });
});

describeWithTool('jarsigner', 'jarsigner', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.start();
  });
  afterAll(() => scene.close());

  test('stamps a signed archive, verifies it by our certificate, and the token has a receipt', async () => {
    const store = ['-keystore', 'keys.p12', '-storepass', 'changeit'];
    const key = ['-alias', 'signer', '-dname', 'CN=Signer', '-keyalg', 'EC', '-validity', '2'];
    await scene.run('keytool', '-genkeypair', ...store, ...key, '-ext', 'ku=digitalSignature');
    await scene.run('keytool', '-importcert', '-noprompt', '-alias', 'tsa', '-file', 'tsa.pem', ...store);
    writeFileSync(join(scene.directory, 'contract.txt'), 'a contract\n');
    await scene.run('jar', '--create', '--file', 'contract.jar', 'contract.txt');
    await scene.run('jarsigner', ...store, '-tsa', `${scene.api.url}/tsa`, 'contract.jar', 'signer');
    const verified = await scene.run(
      'jarsigner',
      '-J-Duser.language=en',
      '-verify',
      '-verbose',
      '-certs',
      ...store,
      'contract.jar',
    );
    expect(verified).toMatch(/Timestamped by "CN=localhost TSA \(not qualified\), O=/);
    expect(verified).toContain('jar verified.');
    expect(verified).not.toMatch(/TSA certificate chain is invalid|no timestamp/i);
    await scene.run('jar', '--extract', '--file', 'contract.jar', 'META-INF/SIGNER.EC');
    await scene.expectReceipt(findAttribute(scene.read('META-INF/SIGNER.EC'), CMS_TOKEN));
  });
});
