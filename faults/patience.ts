/** How long anything that must happen may take: long enough for a machine on which everybody works; it is never waited out. */
export const PATIENCE_MS = 180_000;
