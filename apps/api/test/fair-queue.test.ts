/** Turns in the intake: queues, and room for what waits. */
import fc from 'fast-check';
import { FairQueue } from '../src/intake/fair-queue.js';
import { IntakeBuffer } from '../src/intake/intake-buffer.js';

const organization = fc.integer({ min: 1, max: 4 });

test('everything comes out once, each organization in its order, and nobody twice while another waits', () => {
  const steps = fc.array(fc.oneof(organization, fc.constant('shift' as const)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (given) => {
      const queue = new FairQueue<{ organization: number; at: number }>();
      const waiting = new Map<number, number[]>();
      /** Who was served since each organization that waits was last served, or came. */
      const since = new Map<number, number[]>();
      given.forEach((step, at) => {
        if (step !== 'shift') {
          queue.push(step, { organization: step, at });
          if (!waiting.get(step)?.length) since.set(step, []);
          waiting.set(step, [...(waiting.get(step) ?? []), at]);
          return;
        }
        const item = queue.shift();
        if (!item) {
          expect([...waiting.values()].flat()).toEqual([]);
          return;
        }
        expect(waiting.get(item.organization)?.shift()).toBe(item.at);
        since.delete(item.organization);
        if (waiting.get(item.organization)?.length) since.set(item.organization, []);
        for (const [other, served] of since) {
          if (other === item.organization) continue;
          served.push(item.organization);
          expect(new Set(served).size).toBe(served.length);
        }
      });
      expect(queue.size).toBe([...waiting.values()].flat().length);
    }),
  );
});

test('a line that never runs dry keeps its order', () => {
  const queue = new FairQueue<number>();
  queue.push(1, 0);
  for (let n = 1; n < 5_000; n += 1) {
    queue.push(1, n);
    expect(queue.shift()).toBe(n - 1);
  }
  expect(queue.take(10)).toEqual([4_999]);
  expect(queue.shift()).toBeUndefined();
});

test.each([
  ['one alone gets half', 1, 500],
  ['two get a third each', 2, 333],
  ['four get a fifth each', 4, 200],
])('room: %s', (_, organizations, each) => {
  const buffer = new IntakeBuffer(1_000);
  const got = Array.from({ length: organizations }, () => 0);
  for (let turn = 0; turn < 1_000; turn += 1)
    got.forEach((_rows, index) => {
      if (buffer.reserve(index + 1, 1)) got[index]! += 1;
    });
  for (const rows of got) expect(Math.abs(rows - each)).toBeLessThanOrEqual(1);
  // Whoever comes next finds room, and what is given back can be had again.
  expect(buffer.reserve(9, 100)).toBe(true);
  buffer.release(9, 100);
  expect(buffer.reserve(9, 100)).toBe(true);
});

test('a batch is worth reading while there is room for one', () => {
  const buffer = new IntakeBuffer(16_000);
  buffer.reserve(1, 7_000);
  expect([buffer.hasRoom(1), buffer.hasRoom(2)]).toEqual([true, true]);
  buffer.reserve(1, 600);
  expect([buffer.hasRoom(1), buffer.hasRoom(2)]).toEqual([false, true]);
});

test('an empty buffer takes anything; streams keep to one half and go on when there is room', async () => {
  const buffer = new IntakeBuffer(1_000);
  expect(buffer.reserve(1, 1_000)).toBe(true);
  expect(buffer.reserve(2, 1)).toBe(false);
  const order: string[] = [];
  const streams = [2, 2, 3].map((stream, index) =>
    buffer.reserveHalf(stream, 300).then(() => {
      order.push(`${index}`);
    }),
  );
  buffer.release(1, 1_000);
  await streams[0];
  expect(order).toEqual(['0']);
  expect(buffer.reserve(3, 300)).toBe(true);
  buffer.release(2, 300);
  buffer.release(3, 300);
  await streams[1];
  buffer.release(2, 300);
  await streams[2];
  expect(order).toEqual(['0', '1', '2']);
  expect(buffer.isEmpty).toBe(false);
  buffer.release(3, 300);
  expect(buffer.isEmpty).toBe(true);
});
