/** The judgement over all offsets there may be, and the guard with clocks that are set by hand. */
import fc from 'fast-check';
import { ClockGuard, judgeClock, type ClockSource } from '@cunzheng/clock';

const BOUND_MS = 10_000;
const HOUR = 3_600_000;

describe('the judgement', () => {
  const offset = fc.record({
    offsetMs: fc.integer({ min: -50_000, max: 50_000 }),
    uncertaintyMs: fc.integer({ min: 0, max: 20_000 }),
    isFresh: fc.boolean(),
  });
  const evidence = fc.record({
    boundMs: fc.constant(BOUND_MS),
    authorities: fc.array(offset, { maxLength: 7 }),
    database: fc.option(offset, { nil: undefined }),
    jumpedBack: fc.boolean(),
  });

  test('a bound is stated only when at least two fresh authorities, and most, leave no doubt of it', () => {
    fc.assert(
      fc.property(evidence, (given) => {
        const { state, confirmedBoundMs } = judgeClock(given);
        const sure = given.authorities.filter(
          ({ offsetMs, uncertaintyMs, isFresh }) => isFresh && Math.abs(offsetMs) + uncertaintyMs <= BOUND_MS,
        );
        const holds = sure.length >= 2 && sure.length > given.authorities.length - sure.length;
        expect(confirmedBoundMs).toBe(holds ? BOUND_MS : undefined);
        if (holds) expect(state).not.toBe('stop');
      }),
    );
  });

  test('it stops for a majority of at least two, and never for one alone', () => {
    fc.assert(
      fc.property(evidence, ({ authorities }) => {
        const off = authorities.filter(
          ({ offsetMs, uncertaintyMs }) => Math.abs(offsetMs) > BOUND_MS + uncertaintyMs,
        ).length;
        const { state } = judgeClock({
          boundMs: BOUND_MS,
          authorities,
          database: undefined,
          jumpedBack: false,
        });
        const most = off >= 2 && off > authorities.length - off;
        expect(state).toBe(most ? 'stop' : off > 0 ? 'warn' : 'fine');
      }),
    );
  });
});

describe('the guard', () => {
  let nowMs: number;
  let monotonicMs: number;
  let databaseMs: number;
  let sources: ClockSource[];
  let guard: ClockGuard;

  beforeEach(() => {
    [nowMs, monotonicMs, databaseMs] = [1_795_161_600_000, 50, 1_795_161_600_000];
    sources = [];
    guard = new ClockGuard({
      now: () => nowMs,
      monotonic: () => monotonicMs,
      boundMs: BOUND_MS,
      freshMs: 900_000,
    });
    guard.check();
  });
  const pass = (ms: number): void => {
    [nowMs, monotonicMs, databaseMs] = [nowMs + ms, monotonicMs + ms, databaseMs + ms];
  };
  const read = (newestMs?: number): void => {
    guard.take({ databaseMs, takenAtMs: monotonicMs, uncertaintyMs: 1, newestMs, sources });
  };
  const hear = (authority: string, aheadMs: number): void => {
    const others = sources.filter((source) => source.authority !== authority);
    sources = [...others, { authority, aheadMs, uncertaintyMs: 500, observedAtMs: databaseMs }];
    read();
  };

  test('without anybody to ask it is fine, and states no bound', () => {
    read();
    expect(guard.check()).toEqual({ state: 'fine' });
  });

  test('two authorities confirm it for a while; then it states nothing any more', () => {
    hear('a', 0);
    expect(guard.check()).toEqual({ state: 'fine' });
    hear('b', 100);
    expect(guard.check()).toEqual({ state: 'fine', confirmedBoundMs: BOUND_MS });
    pass(899_000);
    read();
    expect(guard.check()).toEqual({ state: 'fine', confirmedBoundMs: BOUND_MS });
    pass(2_000);
    read();
    expect(guard.check()).toEqual({ state: 'fine' });
  });

  test('one that contradicts warns, two stop, and both are heard again', () => {
    hear('a', HOUR);
    expect(guard.check()).toEqual({ state: 'warn', reason: 'authorities' });
    hear('b', HOUR);
    expect(guard.check()).toEqual({ state: 'stop', reason: 'authorities' });
    pass(HOUR);
    read();
    expect(guard.check()).toEqual({ state: 'stop', reason: 'authorities' });
    hear('a', 0);
    hear('b', 0);
    expect(guard.check()).toEqual({ state: 'fine', confirmedBoundMs: BOUND_MS });
  });

  test('a jump back stops at once, until the clock has caught up', () => {
    guard.check();
    nowMs -= 60_000;
    expect(guard.check()).toEqual({ state: 'stop', reason: 'jumped-back' });
    expect(guard.steps).toBe(1);
    pass(59_000);
    expect(guard.check().state).toBe('stop');
    pass(1_000);
    expect(guard.check()).toEqual({ state: 'fine' });
  });

  test('a jump back to what two authorities say goes on at once', () => {
    nowMs += HOUR;
    hear('a', 0);
    hear('b', 0);
    expect(guard.check()).toEqual({ state: 'stop', reason: 'authorities' });
    nowMs -= HOUR;
    expect(guard.check()).toEqual({ state: 'fine', confirmedBoundMs: BOUND_MS });
  });

  test('a block from later than now is a clock that was set back while nobody looked', () => {
    read(nowMs + HOUR);
    expect(guard.check()).toEqual({ state: 'stop', reason: 'jumped-back' });
    pass(HOUR);
    read(nowMs);
    expect(guard.check()).toEqual({ state: 'fine' });
  });

  test('a clock that differs from the database stops, unless two authorities say that it is right', () => {
    databaseMs += HOUR;
    read();
    expect(guard.check()).toEqual({ state: 'stop', reason: 'database' });
    hear('a', -HOUR);
    hear('b', -HOUR);
    expect(guard.check()).toEqual({ state: 'warn', reason: 'database', confirmedBoundMs: BOUND_MS });
  });

  test('when clock and database are set together, what authorities said before confirms nothing', () => {
    hear('a', 0);
    hear('b', 0);
    pass(1_000);
    nowMs += HOUR;
    expect(guard.check()).toEqual({ state: 'stop', reason: 'authorities' });
    databaseMs += HOUR;
    read();
    expect(guard.check()).toEqual({ state: 'fine' });
    expect(guard.steps).toBe(2);
    hear('a', -HOUR);
    hear('b', -HOUR);
    expect(guard.check()).toEqual({ state: 'stop', reason: 'authorities' });
  });
});
