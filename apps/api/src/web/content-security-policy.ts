/**
 * What the page may do, by Content Security Policy level 3 and Trusted Types: load its own files, talk to its own server,
 * and nothing else. No script is inline, no text becomes a script or markup; the one address that may become a worker is
 * checked by the policy `hash-worker`.
 */
const PAGE = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types hash-worker',
].join('; ');

/** The hash worker, a place of its own without the page's reach: it may compile WebAssembly and load nothing. */
const WORKER = "default-src 'none'; script-src 'wasm-unsafe-eval'; require-trusted-types-for 'script'";

/** `verify.html` brings its own policy; served, it may not be framed either. */
const VERIFY_FILE = "frame-ancestors 'none'";

const NOTHING = "default-src 'none'; frame-ancestors 'none'";

/** The policy that a file of the page goes out with. */
export function policyFor(name: string): string {
  if (name === 'index.html') return PAGE;
  if (name === 'verify.html') return VERIFY_FILE;
  return /^assets\/hash-worker-[\w-]+\.js$/.test(name) ? WORKER : NOTHING;
}
