/** A forger with a log of their own; a verifier who trusts another log; a verifier who trusts nobody. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  formatNote,
  formatTrustFolder,
  formatVerifierKey,
  parseNote,
  parseVerifierKey,
  signNote,
  type VerifierKey,
} from '@cunzheng/receipt';
import { formatCommand, run } from '../cunzheng.js';
import { assertRefused } from '../forgery.js';
import { editReceipt, readReceiptJson } from '../receipt-json.js';
import { type Stage } from '../stage.js';
import { type NotarizedDocument } from './04-notarize.js';

export async function showOtherLogs(stage: Stage, contract: NotarizedDocument): Promise<void> {
  const { story } = stage;
  story.chapter('Another log’s key 他人日志的密钥');
  story.say('The forger can sign, too: a checkpoint under the same name, with a key of their own.', '');
  const { key, privateKey } = makeForgersKey(stage, contract);
  const receipt = editReceipt(
    stage.outputDir,
    contract.receipt,
    'forgeries/other-key.receipt.json',
    (json) => ({
      ...json,
      checkpoint: resign(json.checkpoint, key, privateKey),
    }),
  );
  const refused = {
    document: contract.path,
    check: 'checkpoint',
    verdict: 'unverifiable',
    exitCode: 3,
  } as const;
  await assertRefused(stage, {
    ...refused,
    what: 'the signature of the checkpoint: by the forger’s key',
    receipt,
  });
  writeTrust(stage, key);
  await assertRefused(stage, {
    ...refused,
    what: 'nothing, but the verifier trusts the other log instead',
    receipt: contract.receipt,
    trust: 'forgeries/trust-of-another-log',
  });
  story.say('', 'A receipt never brings its own trust. Who has none is told how to get it:');
  const args = ['verify', contract.path, '--receipt', contract.receipt];
  const { exitCode, stderr } = await run(stage, args);
  story.quote(formatCommand(args), ...wrap(stderr.trim().replace(stage.workDir, '~'), 108));
  story.expect(exitCode === 3, 'refused for want of trust, exit code 3', `got exit code ${exitCode}`);
}

function makeForgersKey(
  stage: Stage,
  contract: NotarizedDocument,
): { key: VerifierKey; privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const origin = readReceiptJson(stage.outputDir, contract.receipt).checkpoint.split('\n')[0] ?? '';
  return {
    key: parseVerifierKey(nativeCrypto, formatVerifierKey(nativeCrypto, origin, 'ed25519', raw)),
    privateKey,
  };
}

function resign(checkpoint: string, key: VerifierKey, privateKey: KeyObject): string {
  const { text } = parseNote(checkpoint);
  return formatNote(text, [signNote(text, key, (message) => sign(null, message, privateKey))]);
}

function writeTrust(stage: Stage, key: VerifierKey): void {
  const directory = join(stage.outputDir, 'forgeries', 'trust-of-another-log');
  mkdirSync(directory);
  const files = formatTrustFolder({ policy: { logs: [{ key }], witnesses: [], groups: [], quorum: 'none' } });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text as string);
}

function wrap(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length >= columns) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
