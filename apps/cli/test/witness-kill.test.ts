/**
 * A witness that is killed again and again while a log that signs two histories asks it from all sides: it never cosigns
 * two trees of one size, and never one that is smaller than what it has answered for.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeConsistencyProof, computeRoot, portableTreeHasher as hasher } from '@cunzheng/merkle';
import {
  encodeHex,
  formatAddCheckpointRequest,
  formatCheckpoint,
  formatNote,
  parseAddCheckpointResponse,
  parseVerifierKey,
  signNote,
} from '@cunzheng/receipt';
import { eventually } from '@test/eventually.js';
import { log, logKey, ORIGIN } from '../../../libs/receipt/test/witnessed-log.js';
import { useFolder } from './run-cli.js';
import { startWitness, type WitnessProcess } from './witness-process.js';

const cwd = useFolder();
const KILLS = 25;
const CLIENTS = 4;

/** Two histories that part after every size there is: no leaf is the same. */
const leafOf = (history: number, index: number): Uint8Array =>
  hasher.hashLeaf(Buffer.from(`${history}:${index}`));
const leaves = [0, 1].map((history) => Array.from({ length: 4_000 }, (_, index) => leafOf(history, index)));

async function requestFor(
  history: number,
  oldSize: number,
  size: number,
): Promise<{ note: string; request: string; root: string }> {
  const own = leaves[history]!;
  const rootHash = computeRoot(hasher, own.slice(0, size));
  const text = formatCheckpoint({ origin: ORIGIN, treeSize: size, rootHash });
  const note = formatNote(text, [signNote(text, logKey, (message) => log.sign(message))]);
  const proof =
    oldSize === 0
      ? []
      : await computeConsistencyProof(hasher, oldSize, size, (ids) =>
          Promise.resolve(
            ids.map(({ level, index }) =>
              computeRoot(hasher, own.slice(index * 2 ** level, (index + 1) * 2 ** level)),
            ),
          ),
        );
  return {
    note,
    root: encodeHex(rootHash),
    request: formatAddCheckpointRequest({ oldSize, proof, checkpoint: note }),
  };
}

/** What all lives of the witness have cosigned. */
const cosigned = new Map<number, string>();
let largest = 0;
let answers = 0;

/** Asks for one history until the witness is gone. */
async function ask(witness: WitnessProcess, history: number, step: number): Promise<void> {
  const key = parseVerifierKey(nativeCrypto, witness.vkey);
  for (let known = 0, stuck = 0; stuck < 3;) {
    const { note, root, request } = await requestFor(history, known, Math.min(known + step, 4_000));
    const size = Math.min(known + step, 4_000);
    const atLeast = largest;
    const answer = await witness.post(request).catch(() => undefined);
    if (answer === undefined) return;
    answers++;
    if (answer.status === 422) stuck++;
    else if (answer.status === 409) known = Number(answer.body);
    else {
      const outcome = parseAddCheckpointResponse(nativeCrypto, answer, note, [key]);
      expect(outcome.outcome).toBe('cosigned');
      expect(size).toBeGreaterThanOrEqual(atLeast);
      expect(cosigned.get(size) ?? root).toBe(root);
      cosigned.set(size, root);
      largest = Math.max(largest, size);
      known = size;
    }
  }
}

function newestOnDisk(): number {
  const [folder] = readdirSync(join(cwd, 'state'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const sizes =
    folder === undefined
      ? []
      : readdirSync(join(cwd, 'state', folder.name)).filter((name) => name.endsWith('.checkpoint'));
  return Math.max(0, ...sizes.map((name) => Number(name.slice(0, 16))));
}

it(`survives ${KILLS} kills under load`, async () => {
  const args = ['--log', logKey.vkey, '--state', 'state', '--name', 'court.example/w1'];
  for (let kill = 0; kill < KILLS; kill++) {
    const witness = await startWitness(cwd, args);
    const clients = Array.from({ length: CLIENTS }, (_, i) => ask(witness, (i + kill) % 2, 1 + (i % 3)));
    // At any moment: some before the first answer, some after a few.
    const enough = cosigned.size + Math.floor(Math.random() * 6);
    await eventually(`${enough} cosignatures`, () => cosigned.size >= enough);
    await witness.end('SIGKILL');
    await Promise.all(clients);
    expect(newestOnDisk()).toBeGreaterThanOrEqual(largest);
  }
  expect(cosigned.size).toBeGreaterThan(KILLS);
  expect(answers).toBeGreaterThan(cosigned.size);
});
