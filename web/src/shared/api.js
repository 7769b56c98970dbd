/* The HTTP contract (docs/web.md): JSON in and out, errors as {"error":{code,message,field}}, a CSRF token for what a cookie's owner changes. */

export class ApiError extends Error {
  /** @param {number} status 0: the server could not be reached */
  constructor(status, code, message, field, retryAfterS) {
    super(message);
    Object.assign(this, { status, code, field, retryAfterS });
  }
}

async function errorOf(response) {
  const body = await response.json().catch(() => null);
  const e = (body && body.error) || {};
  return new ApiError(response.status, e.code || String(response.status), e.message || '', e.field || null, Number(response.headers.get('Retry-After')) || null);
}

export class Api {
  /** @param {{base?: string, key?: string}} where base: the server's origin, '' for this page's; key: a bearer key of a foreign page */
  constructor({ base = '', key = '' } = {}) {
    this.base = base;
    this.key = key;
    this.csrf = '';
  }

  url(path) {
    return this.base + path;
  }

  picture(id, size = 480) {
    return this.url(`/v1/products/${encodeURIComponent(id)}/picture?size=${size}`);
  }

  /** @returns {Promise<Response>} a good answer; everything else is an ApiError */
  async fetch(path, { method = 'GET', body, headers = {}, signal } = {}) {
    const all = { ...headers };
    if (this.key) all.Authorization = `Bearer ${this.key}`;
    else if (method !== 'GET' && this.csrf) all['X-CSRF-Token'] = this.csrf;
    if (body !== undefined && !all['Content-Type']) all['Content-Type'] = 'application/json';
    const sent = body !== undefined && all['Content-Type'] === 'application/json' ? JSON.stringify(body) : body;
    let response;
    try {
      response = await fetch(this.url(path), { method, body: sent, headers: all, signal, credentials: this.key ? 'omit' : 'include', cache: 'no-store' });
    } catch (e) {
      if (e.name === 'AbortError') throw e;
      throw new ApiError(0, 'unreachable', '', null, null);
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  async json(path, options) {
    const response = await this.fetch(path, options);
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  }

  get(path, signal) {
    return this.json(path, { signal });
  }

  post(path, body) {
    return this.json(path, { method: 'POST', body });
  }

  put(path, body) {
    return this.json(path, { method: 'PUT', body });
  }

  delete(path) {
    return this.json(path, { method: 'DELETE' });
  }

  /** Who we are to the server; keeps the CSRF token. */
  async session() {
    const s = await this.get('/v1/session');
    this.csrf = s.csrf || '';
    return s;
  }

  /** The same for a shopper; where the page did not come from the server, this makes her cookie. */
  async shopperSession() {
    if (!(await this.session()).csrf && !this.key) await this.post('/v1/session');
    return this.session();
  }
}
