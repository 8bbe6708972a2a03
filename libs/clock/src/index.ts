/** Public face of the clock library: whether the system clock may be relied on, from what others say the time is. */
export { ClockGuard, type ClockGuardOptions, type ClockReading, type ClockSource } from './clock-guard.js';
export { judgeClock, type ClockReason, type ClockVerdict, type Offset } from './judge-clock.js';
