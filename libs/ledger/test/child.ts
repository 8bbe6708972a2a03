/** A writer in a process of its own, for tests that kill it. Arguments: directory, task. Not a test; see child-process.ts. */
import { LedgerError } from '@cunzheng/ledger';
import { noteFor, nextBlock, openWriter } from './support.js';

const [dir = '', task = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Holds the lock until killed. */
async function hold(): Promise<void> {
  await openWriter(dir);
  say('holding');
  setInterval(() => undefined, 1000);
}

/** Does the sequencer's steps until killed, with blocks that follow from their height. */
async function appendForever(): Promise<void> {
  const writer = await openWriter(dir, { segmentBytes: 60_000 });
  say('appending');
  for (;;) {
    const height = (writer.head?.height ?? -1) + 1;
    const { head, rootHash } = await writer.appendBlock(nextBlock(writer.head, 1 + ((height * 97) % 300)));
    if (height % 3 === 0) continue;
    await writer.writeTiles();
    if (height % 5 !== 0) await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
  }
}

/** Appends until the file system refuses; says with which codes that call and the next ones fail. */
async function appendUntilFull(): Promise<void> {
  const writer = await openWriter(dir);
  const attempt = async (): Promise<string> => {
    try {
      await writer.appendBlock(nextBlock(writer.head, 50));
      return 'fine';
    } catch (error) {
      return error instanceof LedgerError ? error.code : String(error);
    }
  };
  let result = 'fine';
  while (result === 'fine') result = await attempt();
  const note = noteFor(writer.head!.treeSize, writer.head!.frontier.root());
  const publish = await writer.publishCheckpoint(note).then(
    () => 'fine',
    (error: unknown) => (error instanceof LedgerError ? error.code : String(error)),
  );
  say(JSON.stringify({ height: writer.head!.height, codes: [result, await attempt(), publish] }));
}

/** Three blocks with all steps, the last of which needs a new level of tiles. */
async function publishThree(): Promise<void> {
  const writer = await openWriter(dir);
  for (const count of [100, 200, 300]) {
    const { head, rootHash } = await writer.appendBlock(nextBlock(writer.head, count));
    await writer.writeTiles();
    await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
  }
  await writer.close();
}

/** Recovers what is there. */
async function recover(): Promise<void> {
  await (await openWriter(dir)).close();
}

const tasks: Record<string, () => Promise<void>> = {
  hold,
  appendForever,
  appendUntilFull,
  publishThree,
  recover,
};
void tasks[task]!();
