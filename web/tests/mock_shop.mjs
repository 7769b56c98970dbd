/* What the mock server knows: the sample shop's products, replies recorded from `daogou chat --json --why`, and a few made for hard cases. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const shopFolder = join(here, '../../examples/shop');
const lines = (file) => readFileSync(file, 'utf8').trim().split('\n').map((l) => JSON.parse(l));

export const hostile = '<img src=x onerror="document.title=\'broken\'"><script>document.title="broken"</script>**bold** [a](javascript:alert(1))';

export const products = readdirSync(join(shopFolder, 'products')).sort().flatMap((f) => lines(join(shopFolder, 'products', f)));
products.sort((a, b) => (a.id < b.id ? -1 : 1));
products.push({ id: 'XX-1', title: `怪异水壶 ${hostile}`, title_en: hostile, brand: hostile, category: '其他 > 试', category_en: 'Other > Trial', price: '9.00', currency: 'CNY', stock: 1, description: hostile, description_en: hostile, attributes: { [hostile]: hostile }, attributes_en: {} });

/** A product as the server gives it, in one language. */
export function recordOf(p, language) {
  const pairs = (o, l) => Object.entries(o || {}).map(([name, value]) => ({ name, value, language: l }));
  const say = (field) => (language === 'en' && p[`${field}_en`]) || p[field] || '';
  return { id: p.id, title: say('title'), brand: p.brand || '', category: say('category'), currency: p.currency, url: '', image: '', price: p.price ?? null, list_price: p.list_price || null, stock: p.stock ?? null, rating: null, rating_count: 0,
    description: say('description'), attributes: [...pairs(p.attributes, 'zh'), ...pairs(p.attributes_en, 'en')] };
}

export const recorded = new Map(lines(join(here, 'recorded.jsonl')).map((r) => [r.said, r]));
export const promotions = JSON.parse(readFileSync(join(shopFolder, 'promotions.json'), 'utf8')).promotions;
export const documents = readdirSync(join(shopFolder, 'documents')).sort().map((f) => ({ id: f, title: f, kind: 'markdown', text: readFileSync(join(shopFolder, 'documents', f), 'utf8') }));

const price = (p) => Number(p.price);

function cardOf(p, i, language) {
  return { number: i + 1, id: p.id, title: language === 'en' ? p.title_en : p.title, price: p.price, list_price: p.list_price || null, currency: p.currency, url: '', image: '', score: 0.9 - i / 50, reasons: [language === 'en' ? p.category_en : p.category] };
}

/** A reply for what was said: the recorded one, else products whose record has the words. */
export function replyTo(said, language) {
  const kept = recorded.get(said);
  if (kept) return kept;
  const words = said.toLowerCase().split(/[\s,，。]+/).filter(Boolean);
  const fit = products.filter((p) => words.some((w) => `${p.title} ${p.title_en} ${p.category} ${p.category_en}`.toLowerCase().includes(w)));
  const cards = fit.slice(0, 5).map((p, i) => cardOf(p, i, language));
  const text = said.includes('<') ? `「${said}」 ${hostile}` : language === 'en' ? `${fit.length} products have these words.` : `有这些字的商品 ${fit.length} 件。`;
  return { reply: { text, acts: ['recommend'], language, cards, fitting: fit.length, claims: cards.slice(0, 1).map((c) => ({ sentence: text, claim: c.title, product: c.id, field: 'title' })), moderation: 'pass' }, topics: [{ text: said, wishes: [] }], current: 0 };
}

/** 40 off 300, the shop's plainest promotion; enough arithmetic for a page to show. */
export function priceCart(items, language) {
  const rows = items.map(({ product, quantity }) => ({ p: products.find((x) => x.id === product), quantity })).filter((r) => r.p);
  const before = rows.reduce((sum, r) => sum + price(r.p) * r.quantity, 0);
  const off = before >= 300 ? 40 : 0;
  const f = (n) => n.toFixed(2);
  const lines = rows.map((r) => ({ id: r.p.id, title: language === 'en' ? r.p.title_en : r.p.title, quantity: r.quantity, price: r.p.price, amount: f(price(r.p) * r.quantity), pay: f(price(r.p) * r.quantity * (1 - off / (before || 1))) }));
  const rule = language === 'en' ? '40 yuan off orders over 300' : '全场满300减40';
  return { currency: 'CNY', lines, arithmetic: off ? [`${rule}: ${f(before)} → −40.00`] : [], before: f(before), total: f(before - off), exact: true };
}
