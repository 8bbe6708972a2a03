/** When an authority that failed is asked again. */
import { Circuit } from '../src/attester/circuit.js';

describe('an authority that fails', () => {
  test('is left alone for longer and longer, then tried now and then, and forgiven at once', () => {
    const circuit = new Circuit(10);
    const waits: number[] = [];
    for (let nowMs = 1_000, failure = 0; failure < 7; failure += 1) {
      circuit.fail(nowMs);
      let untilMs = nowMs;
      while (!circuit.mayAsk(untilMs)) untilMs += 1;
      waits.push(untilMs - nowMs);
      nowMs = untilMs;
    }
    expect(waits).toEqual([10, 20, 40, 80, 320, 320, 320]);
    expect(circuit.isOpen).toBe(true);
    circuit.succeed();
    expect([circuit.isOpen, circuit.mayAsk(0)]).toEqual([false, true]);
  });
});
