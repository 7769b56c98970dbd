/* What needs no browser. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readEvents } from '../src/shared/sse.js';
import { money } from '../src/shared/money.js';
import { stateOf } from '../src/console/promotions.js';
import { wordsOf } from '../src/chat/words.js';
import { shelvesOf } from '../src/chat/welcome.js';
import { errorText } from '../src/shared/error_text.js';
import en from '../src/strings/en.js';
import zh from '../src/strings/zh.js';
import consoleEn from '../src/strings/console_en.js';
import consoleZh from '../src/strings/console_zh.js';

/** Every key with what kind of thing it holds. */
function shape(o, at = '') {
  return Object.entries(o).flatMap(([k, v]) => (v && typeof v === 'object' && !Array.isArray(v) ? shape(v, `${at}${k}.`) : [`${at}${k}: ${Array.isArray(v) ? `list of ${v.length}` : typeof v}`])).sort();
}

test('both languages have the same strings', () => {
  assert.deepEqual(shape(zh), shape(en));
  assert.deepEqual(shape(consoleZh), shape(consoleEn));
});

test('event streams are read however they are cut, with CRLF and comments', async () => {
  const text = ': hello\r\n\r\nid: 1\r\nevent: token\r\ndata: {"text":"双肩包"}\r\n\r\nid: 2\nevent: done\ndata: {}\n\n';
  for (let size = 1; size < 40; size++) {
    const bytes = new TextEncoder().encode(text);
    const stream = new ReadableStream({ start(c) { for (let i = 0; i < bytes.length; i += size) c.enqueue(bytes.slice(i, i + size)); c.close(); } });
    const events = [];
    for await (const e of readEvents(stream)) events.push(e);
    assert.deepEqual(events, [{ id: '1', event: 'token', data: { text: '双肩包' } }, { id: '2', event: 'done', data: {} }], `pieces of ${size}`);
  }
});

test('shelves: the fullest kinds, one of each department in turn, no name twice', () => {
  const kind = (department, name, products) => ({ department, name, products, category: `${department} > ${name}`, sample: 'x' });
  const all = [kind('A', 'a1', 9), kind('A', 'a2', 8), kind('B', 'b1', 7), kind('B', 'a1', 6), kind('C', 'c1', 5), kind('A', 'a3', 4), kind('A', 'a4', 3), kind('A', 'a5', 2)];
  assert.deepEqual(shelvesOf(all).map((k) => k.name), ['a1', 'b1', 'c1', 'a2', 'a3', 'a4']);
  assert.deepEqual(shelvesOf([]), []);
});

test('a promotion runs, is to come, or is over by the days of its shop', () => {
  const p = { starts: '2026-11-01', ends: '2026-11-30', utc_offset: '+08:00' };
  const at = (text) => stateOf(p, Date.parse(text));
  assert.deepEqual(['2026-10-31T15:59:59Z', '2026-10-31T16:00:00Z', '2026-11-30T15:59:59Z', '2026-11-30T16:00:00Z'].map(at), ['coming', 'running', 'running', 'over']);
  assert.equal(stateOf({}), 'running');
  assert.equal(stateOf({ ends: 5 }), 'over');
});

test('a quote is told without the name of its file', () => {
  const reply = { answer: { quotes: [{ document: 'delivery.zh.md', title: '配送说明' }] } };
  assert.equal(wordsOf({ text: '当天发出。\n——《配送说明》（delivery.zh.md#发货）', reply }), '当天发出。');
  assert.equal(wordsOf({ text: '见 delivery.zh.md#发货', reply }), '见 delivery.zh.md#发货');
  assert.equal(wordsOf({ text: '——《配送说明》（delivery.zh.md#发货）', reply: null }), '——《配送说明》（delivery.zh.md#发货）');
});

test('money', () => {
  assert.equal(money('389.00', 'CNY', 'zh'), '¥389');
  assert.equal(money('39.90', 'CNY', 'en'), '¥39.90');
  assert.equal(money('349元', 'CNY', 'zh'), '¥349');
  assert.equal(money(null, 'CNY', 'zh'), '');
  assert.equal(money('on request', 'CNY', 'en'), 'on request');
  assert.equal(money('5.00', 'nonsense', 'en'), '5.00 nonsense');
});

test('errors are told in a shopper\'s words, the field named', () => {
  assert.equal(errorText({ status: 429, retryAfterS: 1 }, en), 'That was a little fast. Please try again in 1 second.');
  assert.equal(errorText({ status: 400, field: 'price', message: 'must be a number' }, en), 'price: must be a number');
  assert.equal(errorText({ status: 0 }, zh), zh.errors.unreachable);
  assert.equal(errorText({ status: 500, message: 'stack trace' }, en), en.errors.server);
});
