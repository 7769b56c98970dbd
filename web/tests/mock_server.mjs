/* A server that speaks daogou's HTTP contract with the sample shop's data, for trying and testing the pages without the program.
 * usage: node mock_server.mjs [PORT]. Faults on purpose are the business of fault_proxy.mjs. */
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { priceCart, products, recordOf, replyTo, shopFolder } from './mock_shop.mjs';
import { merchantRoutes } from './mock_merchant.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const dialogues = new Map(); /* id -> {turns, cart, events, listeners} */
const EVENT_MS = 8;

export class Fault extends Error {
  constructor(status, code, message, field = null) { super(message); Object.assign(this, { status, code, field }); }
}

const sendJson = (res, value, status = 200, headers = {}) => { res.writeHead(status, { 'Content-Type': 'application/json', ...headers }); res.end(value === undefined ? '' : JSON.stringify(value)); };

async function bodyOf(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function dialogueOf(id) {
  const d = dialogues.get(id);
  if (!d) throw new Fault(404, 'not_found', 'no such dialogue');
  return d;
}

/* ---- chat ---- */

function take(id, d, said, language) {
  const { reply, topics, current } = replyTo(said, language);
  if (reply.cart) d.cart = reply.cart.lines.map((l) => ({ product: l.id, quantity: l.quantity }));
  d.state = { topics, current };
  d.language = language;
  d.events = [['dialogue', { id }], ['stage', { name: 'read' }], ['stage', { name: 'match' }], ['stage', { name: 'write' }]];
  for (const piece of reply.text.match(/.{1,6}/gsu) || []) d.events.push(['token', { text: piece }]);
  d.events.push(['stage', { name: 'check' }], ['reply', reply], ['done', {}]);
  d.turns.push({ said, reply });
}

async function stream(req, res, d, from) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  for (let i = from; i < d.events.length; i++) {
    const [event, data] = d.events[i];
    if (!res.writable) return;
    res.write(`id: ${i + 1}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, EVENT_MS));
  }
  res.end();
}

async function chat(req, res) {
  const b = JSON.parse(await bodyOf(req));
  if (typeof b.text !== 'string') throw new Fault(400, 'wrong_type', 'text must be a string', 'text');
  const id = b.dialogue || randomBytes(16).toString('hex');
  if (b.dialogue) dialogueOf(id);
  else dialogues.set(id, { turns: [], cart: [], events: [] });
  const d = dialogues.get(id);
  take(id, d, b.text, b.language || 'zh');
  return stream(req, res, d, 0);
}

function pictureOf(id) {
  const file = join(shopFolder, 'pictures', `${id}.svg`);
  return /^[\w-]+$/.test(id) && existsSync(file) ? readFileSync(file) : null;
}

function page(url, all) {
  const limit = Math.min(100, Number(url.searchParams.get('limit')) || 20);
  const from = Number(url.searchParams.get('after')) || 0;
  return { items: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null };
}

const shopperRoutes = [
  ['GET', /^\/healthz$/, () => ({ status: 'ok' })],
  ['GET', /^\/v1\/session$/, (m, req) => ({ csrf: 'mock-csrf', language: 'zh', scope: (req.headers.cookie || '').includes('dg_staff') ? 'admin' : 'shopper', title: '禾屿商店', currency: 'CNY', features: {} })],
  ['POST', /^\/v1\/session$/, () => ({ csrf: 'mock-csrf' })],
  ['GET', /^\/v1\/chat\/(\w+)$/, (m) => { const d = dialogueOf(m[1]); return { dialogue: m[1], turns: d.turns, state: d.state }; }],
  ['DELETE', /^\/v1\/chat\/(\w+)$/, (m) => { dialogueOf(m[1]); dialogues.delete(m[1]); }],
  ['GET', /^\/v1\/chat\/(\w+)\/cart$/, (m) => { const d = dialogueOf(m[1]); return priceCart(d.cart, d.language); }],
  ['POST', /^\/v1\/chat\/(\w+)\/cart$/, (m, req, url, body) => {
    const d = dialogueOf(m[1]);
    const { product, quantity } = JSON.parse(body);
    d.cart = d.cart.filter((l) => l.product !== product);
    if (quantity > 0) d.cart.push({ product, quantity });
    return priceCart(d.cart, d.language);
  }],
  ['GET', /^\/v1\/categories$/, (m, req, url) => {
    const kinds = new Map();
    for (const p of products) {
      const category = (url.searchParams.get('language') === 'en' && p.category_en) || p.category;
      const path = category.split(' > ');
      const kind = kinds.get(category) || { category, name: path[path.length - 1], department: path[0], products: 0, sample: p.id };
      kinds.set(category, { ...kind, products: kind.products + 1 });
    }
    return { items: [...kinds.values()].sort((a, b) => b.products - a.products) };
  }],
  ['GET', /^\/v1\/products$/, (m, req, url) => {
    const q = (url.searchParams.get('query') || '').toLowerCase();
    const category = url.searchParams.get('category') || '';
    const found = page(url, products.filter((p) => (!q || JSON.stringify(p).toLowerCase().includes(q)) && (!category || p.category.startsWith(category))));
    return { ...found, items: found.items.map((p) => recordOf(p, url.searchParams.get('language'))) };
  }],
  ['GET', /^\/v1\/products\/([\w-]+)$/, (m, req, url) => { const p = products.find((x) => x.id === m[1]); if (!p) throw new Fault(404, 'not_found', 'no such product'); return recordOf(p, url.searchParams.get('language')); }],
  ['POST', /^\/v1\/events$/, () => undefined, 202],
  ['POST', /^\/v1\/feedback$/, () => undefined, 202],
];

function file(res, name) {
  const path = join(dist, name);
  if (!existsSync(path)) throw new Fault(404, 'not_found', 'no such page');
  res.writeHead(200, { 'Content-Type': types[name.split('.').pop()], 'Content-Security-Policy': csp, 'X-Content-Type-Options': 'nosniff' });
  res.end(readFileSync(path));
}

function allowOrigin(req, res) {
  if (!req.headers.origin) return;
  const all = { 'Access-Control-Allow-Origin': req.headers.origin, 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin', 'Access-Control-Allow-Headers': 'Authorization, Content-Type, Accept, X-CSRF-Token, Last-Event-ID', 'Access-Control-Allow-Methods': 'GET, POST, DELETE', 'Access-Control-Expose-Headers': 'Retry-After' };
  for (const [k, v] of Object.entries(all)) res.setHeader(k, v);
}

async function answer(req, res) {
  const url = new URL(req.url, 'http://mock');
  const path = url.pathname;
  allowOrigin(req, res);
  if (req.method === 'OPTIONS') return res.writeHead(204).end();
  if (path === '/') return file(res, 'index.html');
  if (path === '/console') return file(res, 'console.html');
  if (/^\/(widget\.js|assets\/[\w.-]+)$/.test(path)) return file(res, path.slice(1));
  if (req.method === 'POST' && path === '/v1/chat') return chat(req, res);
  const events = /^\/v1\/chat\/(\w+)\/events$/.exec(path);
  if (events) return stream(req, res, dialogueOf(events[1]), Number(req.headers['last-event-id']) || 0);
  const picture = /^\/v1\/products\/([\w-]+)\/picture$/.exec(path);
  if (picture) {
    const svg = pictureOf(picture[1]);
    if (!svg) throw new Fault(404, 'not_found', 'no picture');
    res.writeHead(200, { 'Content-Type': 'image/svg+xml', 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'" });
    return res.end(svg);
  }
  const body = await bodyOf(req);
  for (const [method, pattern, handle, status = 200] of [...shopperRoutes, ...merchantRoutes]) {
    const m = method === req.method && pattern.exec(path);
    if (m) {
      const value = await handle(m, req, url, body, res);
      if (!res.headersSent) sendJson(res, value, status);
      return undefined;
    }
  }
  throw new Fault(404, 'not_found', `no route ${req.method} ${path}`);
}

export function startMock(port = 0) {
  const server = createServer((req, res) => answer(req, res).catch((e) => {
    if (res.headersSent) return res.destroy();
    return sendJson(res, { error: { code: e.code || 'error', message: e.message, field: e.field || null } }, e.status || 500);
  }));
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve({ port: server.address().port, close: () => { server.closeAllConnections(); server.close(); } })));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) startMock(Number(process.argv[2]) || 8099).then(({ port }) => console.log(`http://127.0.0.1:${port}/`));
