/**
 * How errors appear in the log: type, message, stack, code and causes, nothing else. Errors of the database carry rows in
 * further members (`detail`, `where`, `parameters`), and rows hold what clients told us in confidence.
 */

const MAX_CAUSES = 5;

/** A serializer for pino. */
export function describeError(error: unknown, causes = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    ...(error.cause !== undefined &&
      causes < MAX_CAUSES && { cause: describeError(error.cause, causes + 1) }),
  };
}
