/** What is common to the clients of services and logs: no answer may have any length, and why there was none. */

/** The body, or what `tooLarge` makes. */
export async function readBounded(
  { body }: Response,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Why `fetch` threw, in few words, and the system's code for it where there is one. */
export function explainNoAnswer(error: unknown): { readonly why: string; readonly code: string } {
  const { name, message, cause } = error as Error;
  const { code = '', message: reason = message } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return { why: name === 'TimeoutError' ? 'no answer in time' : code || reason, code };
}
