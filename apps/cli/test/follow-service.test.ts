/** The real service, followed, copied and cosigned from outside with nothing but its public log and a trust folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  formatAddCheckpointRequest,
  parseAddCheckpointResponse,
  parsePolicy,
  parseVerifierKey,
} from '@cunzheng/receipt';
import { findingsOf } from '../../../libs/ledger/test/support.js';
import { runCli, useFolder } from './run-cli.js';
import { startService, type SupervisedService } from './supervised-service.js';
import { startWitness } from './witness-process.js';

const cwd = useFolder();
let service: SupervisedService;
beforeAll(async () => {
  service = await startService(cwd, 'firm');
});

it('follow --mirror keeps a ledger that fsck takes, and a witness cosigns its checkpoint', async () => {
  const [log] = parsePolicy(nativeCrypto, readFileSync(join(service.trustDir, 'policy'), 'utf8')).logs;
  const { name: origin, vkey } = log!.key;
  const url = `${service.url}/${origin.slice(origin.indexOf('/') + 1)}`;
  const follow = [
    '--json',
    'follow',
    url,
    '--once',
    '--state',
    'state',
    '--mirror',
    'mirror',
    '--trust',
    service.trustDir,
  ];
  const sizes: number[] = [];
  for (const document of ['a.txt', 'b.txt']) {
    writeFileSync(join(cwd, document), document);
    expect((await runCli(['notarize', document], { cwd, env: service.env })).exitCode).toBe(0);
    const run = await runCli(follow, { cwd });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    sizes.push((JSON.parse(run.stdout) as { treeSize: number }).treeSize);
    expect(await findingsOf(join(cwd, 'mirror'))).toEqual([]);
  }
  expect(sizes[1]).toBeGreaterThan(sizes[0]!);

  const checkpoint = readFileSync(join(cwd, 'mirror/checkpoint'), 'utf8');
  const witness = await startWitness(cwd, [
    '--log',
    vkey,
    '--state',
    'witness',
    '--name',
    'court.example/w1',
  ]);
  const answer = await witness.post(formatAddCheckpointRequest({ oldSize: 0, proof: [], checkpoint }));
  const keys = [parseVerifierKey(nativeCrypto, witness.vkey)];
  expect(parseAddCheckpointResponse(nativeCrypto, answer, checkpoint, keys).outcome).toBe('cosigned');
  expect(await witness.end()).toBe(0);
});
