import { formatCanonicalBytes } from '@cunzheng/canonical-json';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  EVENT_FORMAT,
  formatAcceptLossEvent,
  formatCloseEvent,
  formatErasureEvent,
  formatKeyChangeEvent,
  formatOpenEvent,
  formatRevocationEvent,
  LedgerError,
  parseEvent,
  parseKnownEvent,
  parseOpenEvent,
} from '@cunzheng/ledger';
import { origin, verifierKey } from './support.js';

const open = { createdAt: '2025-01-01T00:00:00.000Z', log: origin, verifierKeys: [verifierKey] };
const document = { ...open, event: 'open', format: EVENT_FORMAT };

function codeOf(members: Record<string, unknown>): string {
  try {
    parseOpenEvent(
      formatCanonicalBytes(Object.fromEntries(Object.entries(members).filter(([, v]) => v !== undefined))),
    );
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('log events', () => {
  it('open a log with its keys and its operator', () => {
    const operator = { name: '存证测试', creditCode: '91310000MA1FL0000X', filingNumber: 'A-1' };
    expect(parseOpenEvent(formatOpenEvent(open))).toEqual(document);
    expect(parseOpenEvent(formatOpenEvent({ ...open, operator }))).toEqual({ ...document, operator });
    expect(parseOpenEvent(formatOpenEvent({ ...open, operator: { name: 'x' } })).operator).toEqual({
      name: 'x',
    });
  });

  it.each([
    ['no keys', { verifierKeys: [] }],
    ['keys that are no list', { verifierKeys: verifierKey }],
    ['a key in another form', { verifierKeys: ['log+xyz+AAAA'] }],
    ['a key twice', { verifierKeys: [verifierKey, verifierKey] }],
    ['an unknown member', { extra: '1' }],
    ['an operator without a name', { operator: { creditCode: 'x' } }],
    ['an operator with unknown members', { operator: { name: 'x', phone: '1' } }],
    ['an operator that is a list', { operator: ['x'] }],
    ['another format', { format: 'cunzheng/event@v2' }],
    ['another kind', { event: 'close' }],
    ['no kind', { event: undefined }],
  ])('with %s are no open events', (_, members) => {
    expect(codeOf({ ...document, ...members })).toBe('event-invalid');
  });

  it('of unknown kinds are read as far as all events go', () => {
    const body = formatCanonicalBytes({ ...document, event: 'moon-landing', more: ['x'] });
    expect(parseEvent(body)).toMatchObject({ event: 'moon-landing', log: origin, members: { more: ['x'] } });
  });

  it('name a log and a moment that exist', () => {
    expect(codeOf({ ...document, log: 'nowhere' })).toBe('origin-invalid');
    expect(codeOf({ ...document, createdAt: '2025-13-01T00:00:00.000Z' })).toBe('time-invalid');
  });
});

describe('the kinds of events', () => {
  const lines = readFileSync(join(__dirname, '../testdata/events.jsonl'), 'utf8').trim().split('\n');
  const parse = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
  const examples = new Map(lines.map((line) => [parse(line)['event'] as string, line]));
  const formats = {
    open: formatOpenEvent,
    'key-change': formatKeyChangeEvent,
    revocation: formatRevocationEvent,
    erasure: formatErasureEvent,
    'accept-loss': formatAcceptLossEvent,
    close: formatCloseEvent,
  };
  const refusalOf = (kind: string, change: Record<string, unknown>): unknown => {
    const entries = Object.entries({ ...parse(examples.get(kind)!), ...change });
    const body = formatCanonicalBytes(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
    try {
      return parseKnownEvent(body);
    } catch (error) {
      return (error as LedgerError).code;
    }
  };

  it('have an example each, in the page of the format, which comes back as it was', () => {
    const page = readFileSync(join(__dirname, '../../../docs/formats/event.md'), 'utf8');
    expect(page).toContain(`\n${lines.join('\n')}\n`);
    expect([...examples.keys()].sort()).toEqual(Object.keys(formats).sort());
    for (const [kind, line] of examples) {
      expect(parseKnownEvent(Buffer.from(line))).toEqual(parse(line));
      const { event, format, ...members } = parse(line);
      expect([event, format]).toEqual([kind, EVENT_FORMAT]);
      const written = formats[kind as keyof typeof formats](members as never);
      expect(Buffer.from(written).toString()).toBe(line);
      expect(page).toContain(`| \`${kind}\` |`);
    }
  });

  it.each([...examples.keys()])('%s: every member is needed unless it is optional, and no other', (kind) => {
    const optional = ['operator', 'certificate', 'reason', 'digest', 'next'];
    for (const name of Object.keys(parse(examples.get(kind)!))) {
      const outcome = refusalOf(kind, { [name]: undefined });
      if (optional.includes(name)) expect(outcome).toMatchObject({ event: kind });
      else expect([name, outcome]).toEqual([name, 'event-invalid']);
    }
    expect(refusalOf(kind, { zeal: 1 })).toBe('event-invalid');
  });

  it.each([
    ['key-change', { lastSize: 0 }],
    ['key-change', { verifierKeys: [] }],
    ['revocation', { keyid: 'ab' }],
    ['revocation', { keyid: 'AB'.repeat(32) }],
    ['revocation', { certificate: 'x' }],
    ['revocation', { reason: 'boredom' }],
    ['erasure', { count: 0 }],
    ['erasure', { digest: 'x' }],
    ['accept-loss', { count: 0 }],
    ['accept-loss', { toHeight: 317 }],
    ['accept-loss', { ranges: [] }],
    ['accept-loss', { ranges: [{ firstIndex: 3, lastIndex: 2 }] }],
    ['accept-loss', { ranges: [{ firstIndex: 3 }] }],
    [
      'accept-loss',
      {
        ranges: [
          { firstIndex: 1, lastIndex: 4 },
          { firstIndex: 4, lastIndex: 5 },
        ],
      },
    ],
    ['accept-loss', { ranges: Array.from({ length: 1001 }, (_, i) => ({ firstIndex: i, lastIndex: i })) }],
    ['close', { lastSize: 0 }],
  ])('%s with %j is refused', (kind, change) => {
    expect(refusalOf(kind, change)).toBe('event-invalid');
  });

  it('say moments and origins that exist', () => {
    expect(refusalOf('revocation', { effectiveAt: '2025-02-30T00:00:00.000Z' })).toBe('time-invalid');
    expect(refusalOf('close', { next: 'somewhere' })).toBe('origin-invalid');
  });

  it('that are not known here are no fault', () => {
    expect(refusalOf('close', { event: 'moon-landing' })).toBeUndefined();
    expect(refusalOf('close', { event: 'constructor' })).toBeUndefined();
  });
});
