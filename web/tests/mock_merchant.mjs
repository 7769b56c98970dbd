/* The merchant's and admin's half of the mock server. The key is dg_mock. */
import { documents, priceCart, promotions, products, replyTo } from './mock_shop.mjs';

const jobs = new Map();
const copy = [];
const keys = [{ id: 'k1', label: 'mock', scope: 'admin', created_ms: 1795600000000, revoked: false }];
const audit = [];
const note = (action, target) => audit.unshift({ at_ms: 1795690000000 + audit.length, who: 'staff:k1', action, subject: target, request: '' });
const bad = (status, code, message, field = null) => { throw Object.assign(new Error(message), { status, code, field }); };
const listed = (items) => ({ items, next: null });

function putInto(list, id, value) {
  const i = list.findIndex((x) => x.id === id);
  if (i < 0) list.push({ ...value, id });
  else list[i] = { ...list[i], ...value, id };
  return { ...value, id };
}

function dropFrom(list, id) {
  const i = list.findIndex((x) => x.id === id);
  if (i < 0) bad(404, 'not_found', `there is no ${id}`);
  list.splice(i, 1);
}

const find = (list, id) => list.find((x) => x.id === id) || bad(404, 'not_found', `there is no ${id}`);

/** Reads JSON Lines; what has no id or title is rejected with its line. */
function readFeed(text) {
  const errors = [];
  let added = 0;
  const rows = text.split('\n').filter((l) => l.trim());
  rows.forEach((line, i) => {
    try {
      const p = JSON.parse(line);
      if (!p.id || !p.title) return errors.push({ line: i + 1, field: p.id ? 'title' : 'id', message: 'is missing' });
      if (p.price !== undefined && !(Number(p.price) >= 0)) return errors.push({ line: i + 1, field: 'price', message: `"${p.price}" is no price` });
      products.push({ attributes: {}, currency: 'CNY', category: '其他 > 试', title_en: p.title, category_en: 'Other > Trial', ...p });
      return added++;
    } catch {
      return errors.push({ line: i + 1, field: null, message: 'is no JSON object' });
    }
  });
  return { read: rows.length, added, updated: 0, unchanged: 0, rejected: errors.length, errors };
}

const formatOf = (text) => (text.startsWith('{') ? 'jsonl' : text.startsWith('<') ? 'google-xml' : /^Handle,/.test(text) ? 'shopify' : 'csv');

function startJob(text, wanted) {
  const format = formatOf(text);
  const id = String(jobs.size + 1);
  const { errors, ...result } = readFeed(text);
  if (wanted && wanted !== 'auto' && wanted !== format) {
    jobs.set(id, { state: 'failed', done: 0, total: 0, stage: '', result: null, errors: [], format, message: `not ${wanted} but ${format}; import it with the format auto` });
    return id;
  }
  jobs.set(id, { format, state: 'done', done: result.read, total: result.read, stage: '', result, errors });
  note('import', `${result.read} rows`);
  return id;
}

async function jobEvents(m, req, url, body, res) {
  const job = find([{ ...jobs.get(m[1]), id: m[1] }], m[1]);
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const steps = [{ state: 'queued', done: 0, total: 0 }, ...[1, 2, 3].map((i) => ({ state: 'running', stage: 'read', done: Math.floor((job.total * i) / 4), total: job.total })), job];
  for (const [i, step] of steps.entries()) {
    res.write(`id: ${i + 1}\nevent: job\ndata: ${JSON.stringify(step)}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  res.end();
}

const days = (n) => Array.from({ length: n }, (x, i) => new Date(Date.now() - (n - 1 - i) * 86400000).toISOString().slice(0, 10));

function reports(n) {
  const wave = (i, a, b) => Math.round(a + b * Math.abs(Math.sin(i * 1.3)));
  return {
    needs_without_result: [{ text: '滑雪板', count: 9 }, { text: 'ride-on lawn mower', count: 4 }, { text: '<b>bold</b>', count: 1 }],
    conversion: days(n).map((day, i) => ({ day, dialogues: wave(i, 60, 50), carts: wave(i, 18, 16), purchases: wave(i, 7, 8) })),
    latency: [{ stage: 'read', p50: 2.1, p95: 4.4, n: 812 }, { stage: 'retrieve', p50: 7.9, p95: 19, n: 790 }, { stage: 'rerank', p50: 21, p95: 44, n: 790 }, { stage: 'write', p50: 38, p95: 96, n: 402 }],
    feedback: days(n).map((day, i) => ({ day, up: wave(i, 9, 12), down: wave(i + 1, 1, 4) })), requests: 4021,
  };
}

function explain(body) {
  const { need } = JSON.parse(body);
  const { reply } = replyTo(need, 'zh');
  const best = ((reply.why && reply.why.needs && reply.why.needs[0]) || { best: [] }).best;
  return {
    query: { text: need, language: 'zh', constraints: [{ field: 'category', value: '双肩包', not: false, hard: false, said: '双肩包' }, { field: 'colour', value: '黑色', not: true, hard: true, said: '黑色' }], terms: [{ term: '双肩包', weight: 1, corrected: false }] },
    results: best.map((b, i) => ({ ...products.find((p) => p.id === b.id), ...b, reasons: (reply.cards[i] || { reasons: [] }).reasons })), cutoff: 0.983, times_ms: reply.why && reply.why.needs[0].times_ms,
  };
}

function write(body) {
  const { product, n = 1 } = JSON.parse(body);
  const p = find(products, product);
  const facts = Object.entries(p.attributes).map(([k, v]) => ({ claim: v, field: `attributes.${k}`, kind: 'value' }));
  return { texts: Array.from({ length: n }, (x, i) => ({ text: `${p.title}。${facts.slice(i, i + 3).map((f) => `${f.field.slice(11)}：${f.claim}`).join('，')}。`, facts: facts.slice(i, i + 3), moderation: 'pass' })) };
}

/** The server refuses a text that says what the record does not; here only one word is that. */
function checked(draft) {
  if (draft.text.includes('世界第一')) bad(422, 'unsupported', '"世界第一" is not in the record', 'text');
  return draft;
}

function login(m, req, url, body, res) {
  if (JSON.parse(body).key !== 'dg_mock') bad(401, 'unauthorized', 'this is no key of the shop\'s staff', 'key');
  res.setHeader('Set-Cookie', 'dg_staff=mock; Path=/; HttpOnly; SameSite=Strict');
  return { csrf: 'mock-csrf' };
}

function logout(m, req, url, body, res) {
  res.setHeader('Set-Cookie', 'dg_staff=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict');
}

function preview(body) {
  const { promotion, cart } = JSON.parse(body);
  if (!promotion.kind) bad(400, 'wrong_value', 'kind is missing', 'kind');
  const priced = priceCart(cart.items, 'zh');
  const title = (id, language) => { const p = products.find((x) => x.id === id); return (language && p[`title_${language}`]) || p.title; };
  const coupons = (cart.coupons || []).map((code) => ({ code, reason: 'unknown', text: `没有优惠码“${code}”`, text_en: `there is no coupon "${code}"` }));
  return { ...priced, lines: priced.lines.map(({ id, quantity, amount, pay }) => ({ product: id, title: title(id), title_en: title(id, 'en'), quantity, before: amount, pay })), promotions: priced.arithmetic.map((text) => ({ id: promotion.id, text, text_en: text })), coupons };
}

const staff = (handle) => (m, req, url, body, res) => {
  if (!(req.headers.cookie || '').includes('dg_staff=mock')) bad(401, 'unauthorized', 'this needs a key');
  if (req.method !== 'GET' && req.headers['x-csrf-token'] !== 'mock-csrf') bad(403, 'csrf', 'requests with a cookie need the header X-CSRF-Token');
  return handle(m, req, url, body, res);
};

const staffRoutes = [
  ['POST', /^\/v1\/logout$/, logout],
  ['POST', /^\/v1\/import$/, (m, req, url, body) => ({ job: startJob(body, url.searchParams.get('format')) }), 202],
  ['GET', /^\/v1\/jobs\/(\w+)\/events$/, jobEvents],
  ['GET', /^\/v1\/jobs\/(\w+)$/, (m) => jobs.get(m[1])],
  ['POST', /^\/v1\/reload$/, () => ({})],
  ['POST', /^\/v1\/explain$/, (m, req, url, body) => explain(body)],
  ['POST', /^\/v1\/write$/, (m, req, url, body) => write(body)],
  ['GET', /^\/v1\/copy$/, () => listed(copy)],
  ['GET', /^\/v1\/copy\/export$/, () => copy.filter((c) => c.state === 'approved')],
  ['POST', /^\/v1\/copy$/, (m, req, url, body) => putInto(copy, `c${copy.length + 1}`, checked(JSON.parse(body)))],
  ['PUT', /^\/v1\/copy\/(\w+)$/, (m, req, url, body) => putInto(copy, m[1], checked({ ...find(copy, m[1]), ...JSON.parse(body) }))],
  ['GET', /^\/v1\/documents$/, () => listed(documents)],
  ['GET', /^\/v1\/documents\/(.+)$/, (m) => find(documents, decodeURIComponent(m[1]))],
  ['PUT', /^\/v1\/documents\/(.+)$/, (m, req, url, body) => putInto(documents, decodeURIComponent(m[1]), JSON.parse(body))],
  ['DELETE', /^\/v1\/documents\/(.+)$/, (m) => dropFrom(documents, decodeURIComponent(m[1]))],
  ['GET', /^\/v1\/promotions$/, () => listed(promotions)],
  ['POST', /^\/v1\/promotions\/preview$/, (m, req, url, body) => preview(body)],
  ['GET', /^\/v1\/promotions\/(.+)$/, (m) => find(promotions, decodeURIComponent(m[1]))],
  ['PUT', /^\/v1\/promotions\/(.+)$/, (m, req, url, body) => putInto(promotions, decodeURIComponent(m[1]), JSON.parse(body))],
  ['DELETE', /^\/v1\/promotions\/(.+)$/, (m) => dropFrom(promotions, decodeURIComponent(m[1]))],
  ['GET', /^\/v1\/reports$/, (m, req, url) => reports(Number(url.searchParams.get('days')) || 7)],
  ['GET', /^\/v1\/keys$/, () => listed(keys)],
  ['POST', /^\/v1\/keys$/, (m, req, url, body) => { const k = putInto(keys, `k${keys.length + 1}`, { ...JSON.parse(body), created_ms: 1795690001000, revoked: false }); note('make key', k.id); return { ...k, key: 'dg_shown_once' }; }],
  ['DELETE', /^\/v1\/keys\/(\w+)$/, (m) => { note('revoke key', m[1]); find(keys, m[1]).revoked = true; }],
  ['GET', /^\/v1\/shoppers\/(\w+)$/, (m) => ({ shopper: m[1], dialogues: [] })],
  ['DELETE', /^\/v1\/shoppers\/(\w+)$/, (m) => note('erase shopper', m[1])],
  ['GET', /^\/v1\/audit$/, () => listed(audit)],
];

export const merchantRoutes = [['POST', /^\/v1\/login$/, login], ...staffRoutes.map(([method, path, handle, status]) => [method, path, staff(handle), status])];
