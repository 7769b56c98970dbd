/* A site between browser and server: the shop's own page that embeds the widget, the server under "/" and under "/guide/", and on demand what
 * networks do: a stream cut after some events, an answer refused, a slow stream. */
import { createServer, request } from 'node:http';

const shopCsp = "default-src 'none'; style-src 'self'; script-src 'self' GUIDE; connect-src 'self' GUIDE; img-src 'self' GUIDE; base-uri 'none'";
const shopStyle = '* { font-family: fantasy; } button, p, ul, h1, textarea { all: unset; color: lime !important; letter-spacing: 1em; } section { display: none; } body { margin: 40px; } daogou-guide { --dg-accent: light-dark(rgb(0, 90, 120), rgb(124, 196, 222)); --dg-on-accent: light-dark(#fff, #00202c); }';
const plainStyle = 'body { font: 18px/1.6 Georgia, serif; margin: 0; color: #223; background: #eef2f4; } main { max-width: 720px; margin: 80px auto; } button { font: inherit; padding: 8px 20px; }';
const shopPage = (src, attributes) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title><link rel="stylesheet" href="/shop/style.css"><script src="${src}" ${attributes} async></script></head><body><main><h1>A shop of somebody else</h1><button>A button of the shop</button></main></body></html>`;

export function startProxy() {
  let target = 0; /* the server's port, known when it runs */
  const faults = { cutAfter: 0, refuse: null, eventMs: 0 };
  const seen = [];

  function pass(req, res, path) {
    const up = request({ host: '127.0.0.1', port: target, path, method: req.method, headers: req.headers }, (answer) => {
      const isStream = (answer.headers['content-type'] || '').startsWith('text/event-stream') && path.startsWith('/v1/chat');
      res.writeHead(answer.statusCode, answer.headers);
      if (!isStream) return answer.pipe(res);
      const cut = faults.cutAfter;
      faults.cutAfter = 0;
      return paced(answer, res, cut);
    });
    up.on('error', () => res.destroy());
    res.on('close', () => up.destroy());
    req.pipe(up);
  }

  /** Event by event, so that a stream can be slowed and cut between any two. */
  async function paced(answer, res, cut) {
    let rest = '';
    let n = 0;
    try {
      for await (const part of answer) {
        rest += part.toString('utf8');
        for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
          if (cut && n++ >= cut) {
            await new Promise((resolve) => setTimeout(resolve, 100)); /* what was written arrives */
            return res.destroy();
          }
          res.write(rest.slice(0, end + 2));
          if (faults.eventMs) await new Promise((resolve) => setTimeout(resolve, faults.eventMs));
        }
      }
    } catch { /* the browser has gone */ }
    return res.end();
  }

  const server = createServer((req, res) => {
    const path = req.url;
    seen.push({ method: req.method, path, headers: req.headers });
    if (path.startsWith('/shop')) {
      const guide = `http://127.0.0.1:${target}`;
      const page = path.startsWith('/shop/plain.css') ? plainStyle : path.startsWith('/shop/plain') ? shopPage('/guide/widget.js', '').replace('/shop/style.css', '/shop/plain.css') : path.startsWith('/shop/style.css') ? shopStyle : path.startsWith('/shop/other') ? shopPage(`${guide}/widget.js`, '') : shopPage('/guide/widget.js', path.includes('zh') ? 'data-language="zh" data-position="left"' : '');
      res.writeHead(200, { 'Content-Type': path.endsWith('.css') ? 'text/css' : 'text/html', 'Content-Security-Policy': shopCsp.replaceAll('GUIDE', guide) });
      return res.end(page);
    }
    if (faults.refuse && req.method === 'POST' && path === '/v1/chat') {
      const { status, headers = {} } = faults.refuse;
      faults.refuse = null;
      req.resume();
      res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      return res.end(JSON.stringify({ error: { code: 'test', message: 'on purpose', field: null } }));
    }
    return pass(req, res, path.startsWith('/guide/') ? path.slice(6) : path);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ faults, seen, lead: (port) => { target = port; }, base: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } })));
}
