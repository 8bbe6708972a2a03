/** Entity tags of answers that a client may hold already. */

/** `If-None-Match` (RFC 9110 §13.1.2): a list of tags or `*`; comparison is weak. */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  return (header ?? '')
    .split(',')
    .some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
