/** What went wrong, in a shopper's or merchant's words; the server's own sentence where it has one for people. */
export function errorText(e, t) {
  if (!e || e.status === 0 || e.status === undefined) return t.errors.unreachable;
  if (e.status === 429) return e.retryAfterS ? t.errors.waitS(e.retryAfterS) : t.errors.wait;
  if (e.status === 503) return t.errors.busy;
  if (e.status === 401 || e.status === 403) return e.message || t.errors.forbidden;
  if (e.status >= 500) return t.errors.server;
  return e.message ? (e.field ? `${e.field}: ${e.message}` : e.message) : t.errors.server;
}
