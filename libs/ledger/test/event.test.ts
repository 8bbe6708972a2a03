import { formatCanonicalBytes } from '@cunzheng/canonical-json';
import { EVENT_FORMAT, formatOpenEvent, LedgerError, parseEvent, parseOpenEvent } from '@cunzheng/ledger';
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
