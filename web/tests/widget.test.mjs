/* The widget on a page of somebody else: a strict policy, style sheets that would spoil everything, another origin. */
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { accessible, bothThemes, done, lastTurn, newPage, say, startAll } from './browser.mjs';

let all;
before(async () => { all = await startAll(); });
after(() => all.close());

async function open(path, options = { language: 'en' }) {
  const page = await newPage(all.browser, options);
  await page.goto(all.site.base + path);
  const guide = page.locator('daogou-guide');
  await guide.locator('.launcher').click();
  await guide.locator('.welcome h1').waitFor();
  return { page, guide };
}

test('it opens, talks, and closes with Escape, and the shop\'s page is as it was', async () => {
  const { page, guide } = await open('/shop');
  assert.equal(await guide.locator('.welcome h1').textContent(), 'What are you looking for?');
  await say(page, 'a backpack under 500 yuan, not black', guide);
  assert.ok((await lastTurn(guide).locator('.tag').count()) >= 3);
  await guide.locator('#dg-say').press('Escape');
  await guide.locator('.panel').waitFor({ state: 'hidden' });
  assert.ok(await page.evaluate(() => document.querySelector('daogou-guide').shadowRoot.activeElement.classList.contains('launcher')));
  assert.deepEqual(await page.evaluate(() => [...document.body.children].map((e) => e.localName)), ['main', 'daogou-guide']);
  await guide.locator('.launcher').click();
  assert.equal(await guide.locator('.turn').count(), 1, 'the talk is still there');
  await done(page);
});

test('the page\'s style does not reach in, but its --dg-accent does', async () => {
  const { page, guide } = await open('/shop');
  const seen = await guide.locator('.welcome h1').evaluate((h) => ({ spacing: getComputedStyle(h).letterSpacing, font: getComputedStyle(h).fontFamily, accent: getComputedStyle(h.parentNode.querySelector('.welcome-shop')).color, ink: getComputedStyle(h).color }));
  assert.notEqual(seen.spacing, '16px');
  assert.ok(!seen.font.includes('fantasy'));
  assert.equal(seen.accent, 'rgb(0, 90, 120)');
  assert.notEqual(seen.ink, 'rgb(0, 255, 0)');
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('main button')).color), 'rgb(0, 255, 0)', 'and ours does not leak out');
  await done(page);
});

test('adding to the cart opens the receipt; axe finds nothing, both themes', async () => {
  const { page, guide } = await open('/shop/zh', { language: 'en', phone: true });
  assert.equal(await guide.locator('.welcome h1').textContent(), '想找点什么？', 'data-language');
  await say(page, '想买个双肩包，500以内，不要黑色', guide);
  await bothThemes(page, (theme) => accessible(page, `widget ${theme}`, 'daogou-guide'));
  await lastTurn(guide).locator('.add').first().click();
  await guide.locator('dialog .receipt-line').waitFor();
  await bothThemes(page, (theme) => accessible(page, `widget cart ${theme}`, 'daogou-guide'));
  await done(page);
});

test('the shop\'s page may open and close it', async () => {
  const page = await newPage(all.browser, { language: 'en' });
  await page.goto(`${all.site.base}/shop`);
  await page.locator('daogou-guide .launcher').waitFor();
  await page.evaluate(() => document.querySelector('daogou-guide').show());
  await page.locator('daogou-guide .panel').waitFor();
  await page.evaluate(() => document.querySelector('daogou-guide').hide());
  await page.locator('daogou-guide .panel').waitFor({ state: 'hidden' });
  await done(page);
});

test('a guide that cannot be reached says so, and comes when it can', async () => {
  const page = await newPage(all.browser, { language: 'en' });
  await page.goto(`${all.site.base}/shop`);
  const guide = page.locator('daogou-guide');
  await guide.locator('.launcher').waitFor();
  await page.context().setOffline(true);
  await guide.locator('.launcher').click();
  await guide.getByRole('alert').filter({ hasText: 'cannot be reached' }).waitFor();
  await page.context().setOffline(false);
  await guide.locator('.launcher').click();
  await guide.locator('.launcher').click();
  await guide.locator('.welcome h1').waitFor();
  await done(page);
});

test('from another origin', async () => {
  const { page, guide } = await open('/shop/other');
  await say(page, 'a backpack under 500 yuan, not black', guide);
  assert.ok((await lastTurn(guide).locator('.tag').count()) >= 3);
  await done(page);
});

test('one script of under 100 KB (gzip), without eval', () => {
  const code = readFileSync(new URL('../dist/widget.js', import.meta.url));
  assert.ok(gzipSync(code).length < 100 * 1024);
  assert.ok(!/\beval\(|new Function\(|document\.write/.test(code.toString()));
});
