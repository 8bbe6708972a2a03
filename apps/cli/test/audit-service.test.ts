/** Audits of a service over HTTP: one that is honest, and one that answers whatever it should not. */
import { removeTemporaryDirectories } from '../../../libs/ledger/test/support.js';
import { flip, makeLedger, signedNote, witnessedTrust, type Alter, type MadeLedger } from './audit-ledger.js';
import { auditServed } from './audit-run.js';

let ledger: MadeLedger;

beforeAll(async () => {
  // Full and partial tiles on two levels.
  ledger = await makeLedger([200, 300, 1, 250, 40]);
});

afterAll(removeTemporaryDirectories);

describe('a service that is honest', () => {
  it('from a service, with all its checkpoints and lists', async () => {
    expect(await auditServed(ledger)).toMatchObject({
      findings: [],
      isReplayed: true,
      // Five of the list, and the newest by itself.
      checkpoints: { compared: 6, signed: 6 },
      tiles: 5,
      entryBundles: 4,
      lists: ['blocks', 'events'],
    });
  });

  it('that is busy for a moment, or has grown meanwhile', async () => {
    let refusals = 2;
    const older = ledger.blocks[2]!.head.treeSize;
    const result = await auditServed(ledger, (path, body) => {
      if (path === 'blocks/1' && refusals-- > 0) return 503;
      return path === 'checkpoint' ? ledger.notes.get(older)! : body;
    });
    expect(result).toMatchObject({
      findings: [],
      unfinished: null,
      blocks: 3,
      entries: older,
      lists: ['blocks', 'events'],
    });
  });

  it('that keeps no lists', async () => {
    const result = await auditServed(ledger, (path, body) => (path.includes('?') ? 404 : body));
    expect(result).toMatchObject({ findings: [], isReplayed: true, lists: [], checkpoints: { compared: 1 } });
  });

  it('whose witnesses have seen a part', async () => {
    const { treeSize, frontier } = ledger.blocks[3]!.head;
    const alter: Alter = (path, body) =>
      path === `checkpoints/${treeSize}` ? signedNote(treeSize, frontier.root(), 1_700_000_000) : body;
    const result = await auditServed(ledger, alter, { trust: witnessedTrust });
    expect(result).toMatchObject({ findings: [], checkpoints: { witnessedSize: treeSize } });
  });
});

const json = (
  path: string,
  wanted: string,
  body: Buffer,
  change: (value: Record<string, never>) => unknown,
) => (path === wanted ? Buffer.from(JSON.stringify(change(JSON.parse(body.toString()) as never))) : body);

describe('a service that tampers', () => {
  const answer =
    (wanted: string, altered: (body: Buffer) => Buffer | string | number): Alter =>
    (path, body) =>
      path === wanted ? altered(body) : body;
  const blockOf = (height: number): string => {
    const { block } = ledger.blocks[height]!;
    const bodies = block.bodies.map(({ ordinal, body }) => ({ ordinal, body: Buffer.from(body).toString() }));
    return JSON.stringify({
      header: block.header,
      entries: Buffer.from(block.entries).toString('base64'),
      bodies,
    });
  };
  const cases: [string, () => Alter, RegExp, object][] = [
    [
      'another block',
      () => answer('blocks/2', () => blockOf(3)),
      /block 3: height is 3, want 2/,
      { height: 2 },
    ],
    ['the block before', () => answer('blocks/2', () => blockOf(1)), /height is 1, want 2/, { height: 2 }],
    ['no block', () => answer('blocks/3', () => 404), /blocks\/3 is not there/, { height: 3 }],
    [
      'a block with another entry',
      () => (path, body) =>
        json(path, 'blocks/1', body, (block) => ({
          ...block,
          entries: flip(Buffer.from(block['entries']!, 'base64'), 80).toString('base64'),
        })),
      /block 1: batchRoot is/,
      { height: 1 },
    ],
    [
      'a block with another header',
      () => (path, body) =>
        json(path, 'blocks/2', body, (block) => ({
          ...block,
          header: String(block['header']).replace(':02.000Z', ':02.001Z'),
        })),
      /block 3: previous is/,
      {},
    ],
    [
      'an older block',
      () => (path, body) =>
        json(path, 'blocks/2', body, (block) => ({
          ...block,
          header: String(block['header']).replace(':02.000Z', ':00.000Z'),
        })),
      /createdAt is 2025-01-01T00:00:00\.000Z, want no earlier/,
      { height: 2 },
    ],
    [
      'another body of an event',
      () => (path, body) =>
        json(path, 'blocks/0', body, (block) => ({ ...block, bodies: [{ ordinal: 0, body: '{}' }] })),
      /block 0: entry of public body 0/,
      { height: 0 },
    ],
    [
      'no JSON',
      () => answer('blocks/1', () => 'null'),
      /blocks\/1 is answered with something else than a JSON object/,
      { height: 1 },
    ],
    [
      'a changed tile',
      () => answer('tile/0/000', (body) => flip(body, 0)),
      /tile\/0\/000: the hash of entry 0/,
      { tile: 'tile/0/000' },
    ],
    [
      'a tile that is too long',
      () => answer('tile/0/000', (body) => Buffer.concat([body, body])),
      /tile\/0\/000 has more than the 8192 bytes it may have/,
      { tile: 'tile/0/000' },
    ],
    [
      'no tile',
      () => answer('tile/1/000.p/3', () => 404),
      /tile\/1\/000\.p\/3 is not there/,
      { tile: 'tile/1/000.p/3' },
    ],
    [
      'a changed entry',
      () => answer('tile/entries/001', (body) => flip(body, 3 * 70 + 9)),
      /tile\/entries\/001: entry 259 is not that of the blocks/,
      { tile: 'tile/entries/001', leafIndex: 259 },
    ],
    [
      'a signed checkpoint of another tree',
      () => answer('checkpoints/505', () => signedNote(505, Buffer.alloc(32, 7))),
      /checkpoints\/505 has the root (?:07){32} for tree size 505, the blocks give/,
      { treeSize: 505 },
    ],
    [
      'a checkpoint of another size',
      () => answer('checkpoints/505', () => ledger.notes.get(202)!),
      /checkpoints\/505 is of tree size 202/,
      { treeSize: 505 },
    ],
    [
      'no checkpoint where it lists one',
      () => answer('checkpoints/505', () => 404),
      /checkpoints\/505 is not there/,
      { treeSize: 505 },
    ],
    [
      'a checkpoint that nobody signed',
      () =>
        answer('checkpoints/505', (body) => body.toString().replace(/— .*/, '— x.example/y AAAAAAAAAAA=')),
      /checkpoints\/505: .*\(checkpoint-invalid\)/,
      { treeSize: 505 },
    ],
    [
      'a checkpoint inside a block',
      () => (path, body) => {
        if (path === 'checkpoints/500') return signedNote(500, new Uint8Array(32));
        return path.startsWith('checkpoints?') ? '{"sizes":[202,500,503,505]}' : body;
      },
      /checkpoints\/500: no block ends at tree size 500/,
      { treeSize: 500 },
    ],
    [
      'a list of checkpoints that goes back',
      () => (path, body) => (path.startsWith('checkpoints?') ? '{"sizes":[505,202]}' : body),
      /the list checkpoints has 202 after 505/,
      {},
    ],
    [
      'a list of blocks without one',
      () => (path, body) =>
        json(path, 'blocks?from=0', body, (page) => ({
          ...page,
          blocks: (page['blocks'] as unknown as unknown[]).slice(1),
        })),
      /the list blocks has something else than block 0/,
      {},
    ],
    [
      'a list without the opening',
      () => answer('events?from=0', () => '{"events":[]}'),
      /the list events lacks the event in entry 0/,
      {},
    ],
    [
      'a list that never ends',
      () => answer('blocks?from=0', () => '{"blocks":[],"next":0}'),
      /something else than "next" after 0/,
      {},
    ],
  ];

  it.each(cases)('answering %s', async (_, alter, message, place) => {
    const { findings } = await auditServed(ledger, alter());
    expect(findings).toContainEqual(
      expect.objectContaining({
        message: expect.stringMatching(message) as string,
        place: expect.objectContaining(place) as object,
        wayOut: expect.stringMatching(/./) as string,
      }),
    );
  });

  it('or fails: what was not read is not found wrong', async () => {
    const result = await auditServed(
      ledger,
      answer('blocks/3', () => 400),
    );
    expect(result).toMatchObject({
      findings: [],
      isReplayed: false,
      blocks: 3,
      unfinished: expect.stringMatching(/answers 400 to blocks\/3/) as string,
    });
  });

  it('or redirects: refused', async () => {
    const { unfinished } = await auditServed(
      ledger,
      answer('checkpoint', () => 302),
    );
    expect(unfinished).toMatch(/answers 302 to checkpoint: give the address of the log itself/);
  });
});
