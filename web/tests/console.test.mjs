/* The console as a merchant uses it. */
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { accessible, bothThemes, done, newPage, noOverflow, real, startAll } from './browser.mjs';
import { hostile } from './mock_shop.mjs';

let all;
before(async () => { all = await startAll(); });
after(() => all.close());

async function open(options = { language: 'en' }) {
  const page = await newPage(all.browser, options);
  page.on('dialog', (d) => d.accept());
  await page.goto(`${all.desk.base}/console`);
  await page.locator('input[type=password]').fill(all.key);
  await page.keyboard.press('Enter');
  await page.locator('.nav').waitFor();
  return page;
}

async function go(page, name) {
  await page.evaluate((n) => { location.hash = `#/${n}`; }, name);
  await page.locator('.page').waitFor();
  await page.waitForLoadState('networkidle');
}

const row = (page, text) => page.locator('.table tbody tr').filter({ hasText: text });

test('a wrong key stays outside, a right one comes in, signing out leaves', async () => {
  const page = await newPage(all.browser, { language: 'en' });
  await page.goto(`${all.desk.base}/console`);
  await page.locator('input[type=password]').waitFor();
  await bothThemes(page, (theme) => accessible(page, `sign in ${theme}`));
  await page.locator('input[type=password]').fill('dg_wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: /key/ }).waitFor();
  await page.locator('input[type=password]').fill(all.key);
  await page.keyboard.press('Enter');
  await page.locator('.nav').waitFor();
  await page.reload();
  await page.locator('.nav').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.locator('input[type=password]').waitFor();
  await done(page);
});

test('catalogue: search, pages, one product with every field; markup stays text', async () => {
  const page = await open();
  const first = page.locator('.table tbody tr').first();
  const before = await first.textContent();
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByRole('button', { name: 'First page' }).waitFor();
  assert.notEqual(await first.textContent(), before);
  await page.getByLabel('Words or id').fill('XX-1');
  await page.getByRole('button', { name: 'Search' }).click();
  await row(page, 'XX-1').locator('a').click();
  await page.locator('.product').waitFor();
  assert.ok((await page.locator('h1').textContent()).includes('<img src=x'));
  assert.equal(await page.locator('.page img[onerror], .page script').count(), 0);
  assert.ok((await row(page, 'description').first().textContent()).includes('**bold** [a](javascript:alert(1))'));
  await bothThemes(page, (theme) => accessible(page, `product ${theme}`));
  await page.getByRole('link', { name: 'Back' }).click();
  assert.equal(await page.getByLabel('Words or id').inputValue(), 'XX-1', 'the search is as it was');
  await done(page);
});

test('import: progress, counts, and what was rejected with its reason', async () => {
  const page = await open();
  await go(page, 'import');
  const lines = [...Array.from({ length: 30 }, (x, i) => ({ id: `NW-${i}`, title: `新茶杯 ${i}`, price: '12.00', currency: 'CNY' })), { id: 'NW-bad', title: '坏', price: 'cheap' }];
  await page.locator('input[type=file]').setInputFiles({ name: 'new.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from(lines.map((l) => JSON.stringify(l)).join('\n')) });
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.locator('.job-state b.done').waitFor();
  assert.deepEqual(await page.locator('.counts dd').allTextContents(), ['31', '30', '0', '0', '1']);
  assert.match(await page.locator('.job .table tbody tr').first().textContent(), /31.*cheap/s);
  await bothThemes(page, (theme) => accessible(page, `import ${theme}`));
  await go(page, 'catalogue');
  await page.getByLabel('Words or id').fill('NW-7');
  await page.getByRole('button', { name: 'Search' }).click();
  await row(page, 'NW-7').waitFor();
  await done(page);
});

test('import: what a file was taken for is said, and another kind can be insisted on', async () => {
  const page = await open();
  await go(page, 'import');
  const menu = page.getByLabel('Format');
  assert.deepEqual((await menu.locator('option').allTextContents()).filter((x) => /Google|Shopify|WooCommerce|ACP|schema/.test(x)).length, 6);
  const shopify = 'Handle,Title,Body (HTML),Vendor,Type,Tags,Option1 Name,Option1 Value,Variant Price\ngreen-mug,Green mug,A mug,Acme,Mugs,,Size,S,12.00\n';
  await page.locator('input[type=file]').setInputFiles({ name: 'p.csv', mimeType: 'text/csv', buffer: Buffer.from(shopify) });
  await menu.selectOption('woocommerce');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.locator('.job-state b.failed').waitFor();
  assert.match(await page.locator('.job [role=alert]').textContent(), /not (WooCommerce|woocommerce).* but (Shopify|shopify)/);
  if (real) {
    await menu.selectOption('shopify');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.locator('.job-state b.done').waitFor();
    assert.match(await page.locator('.job .note').textContent(), /Read as Shopify export/);
  }
  await bothThemes(page, (theme) => accessible(page, `import of a kind ${theme}`));
  await done(page);
});

test('a need is tried: what was understood, candidates and their scores', async () => {
  const page = await open({ language: 'zh' });
  await go(page, 'try');
  await page.getByLabel('用顾客的话说一句').fill('想买个双肩包，500以内，不要黑色');
  await page.getByRole('button', { name: '试试' }).click();
  await page.locator('.table tbody tr').first().waitFor();
  assert.ok((await page.locator('.chip').count()) >= 2);
  assert.ok((await page.locator('.table thead th').count()) > 5);
  await bothThemes(page, (theme) => accessible(page, `try ${theme}`));
  await done(page);
});

test('copy studio: write, edit, keep, approve, export; a claim that no record supports is refused', async () => {
  const page = await open({ language: 'zh' });
  await go(page, 'copy/KT-1011');
  await page.getByRole('button', { name: '写', exact: true }).click();
  const first = page.locator('.cards .card').first();
  await first.waitFor();
  assert.ok((await first.locator('textarea').inputValue()).length > 10);
  const text = await first.locator('textarea').inputValue();
  await first.locator('textarea').fill(`${text}世界第一。`);
  await first.getByRole('button', { name: '存为草稿' }).click();
  await page.getByRole('alert').filter({ hasText: /text/ }).waitFor();
  await first.locator('textarea').fill(text);
  await first.getByRole('button', { name: '存为草稿' }).click();
  const draft = page.locator('.card').filter({ has: page.locator('.state') }).first();
  await draft.getByRole('button', { name: '定稿', exact: true }).click();
  await draft.locator('.state.good').waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出已定稿' }).click()]);
  assert.equal(file.suggestedFilename(), 'copy.jsonl');
  await bothThemes(page, (theme) => accessible(page, `copy ${theme}`));
  await done(page);
});

test('documents: made, changed, deleted', async () => {
  const page = await open();
  await go(page, 'documents');
  await row(page, 'delivery.en.md').waitFor();
  await bothThemes(page, (theme) => accessible(page, `documents ${theme}`));
  await page.getByRole('link', { name: 'New' }).click();
  await page.getByLabel('Name').fill('gifts.en.md');
  await page.getByLabel('Text').fill('# Gifts\n\n## Wrapping\n\nGift wrapping is free. <b>Really</b>\n');
  await page.getByRole('button', { name: 'Save' }).click();
  await row(page, 'gifts.en.md').locator('a').first().click();
  await page.waitForFunction(() => (document.querySelector('textarea.code') || {}).value?.includes('<b>Really</b>'));
  await accessible(page, 'document editor');
  await page.getByRole('button', { name: 'Delete' }).click();
  await row(page, 'delivery.en.md').waitFor();
  await row(page, 'gifts.en.md').waitFor({ state: 'detached' });
  await done(page);
});

test('promotions: previewed on a cart, saved, bad JSON told, deleted', async () => {
  const page = await open();
  await go(page, 'promotions');
  await row(page, 'P-001').locator('a').click();
  await page.waitForFunction(() => (document.querySelector('textarea.code') || {}).value?.includes('P-001'));
  await page.getByLabel('Cart: one product a line').fill('OD-1011 × 2');
  await page.getByRole('button', { name: 'Price the cart' }).click();
  await page.locator('.receipt').waitFor();
  assert.match(await page.locator('.receipt-total').textContent(), /278/);
  assert.match(await page.locator('.receipt-arithmetic').textContent(), /318\.00.*40\.00/);
  await bothThemes(page, (theme) => accessible(page, `promotion ${theme}`));
  assert.match(await page.locator('.receipt-title').first().textContent(), /Backpack|20L|20 L/i, 'the title, not the id');
  await page.getByLabel('Find products').fill('KT-1011');
  await page.keyboard.press('Enter');
  await page.locator('.finder li button').first().click();
  assert.match(await page.getByLabel('Cart: one product a line').inputValue(), /^OD-1011 × 2\n\S+ × 1$/);
  await page.getByLabel('Coupon codes').fill('nothing');
  await page.getByLabel('Member level').selectOption(real ? 'gold' : { index: 1 });
  await page.getByLabel('First order of a new customer').check();
  await page.getByRole('button', { name: 'Price the cart' }).click();
  await page.locator('.coupons li').filter({ hasText: 'nothing' }).waitFor();
  if (real) assert.match(await page.locator('.receipt-arithmetic').textContent(), /Gold member/, 'the level counts');
  await page.getByLabel('Coupon codes').fill('HEYU15');
  await page.getByRole('button', { name: 'Price the cart' }).click();
  await page.locator('.coupons li').filter({ hasText: 'HEYU15' }).waitFor();
  if (real) assert.equal(await page.locator('.coupons .good').count(), 1, 'the coupon is taken');
  await bothThemes(page, (theme) => accessible(page, `priced cart ${theme}`));
  await go(page, 'promotions/new');
  await page.locator('textarea.code').fill('{ nonsense');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').filter({ hasText: 'valid JSON' }).waitFor();
  await page.locator('textarea.code').fill(JSON.stringify({ id: 'P-TEST', name: '试', kind: 'percent', scope: { products: ['KT-1011'] }, percent_off: 20, currency: 'CNY', utc_offset: '+08:00' }));
  await page.getByRole('button', { name: 'Save' }).click();
  await row(page, 'P-TEST').locator('a').click();
  await page.waitForFunction(() => (document.querySelector('textarea.code') || {}).value?.includes('P-TEST'));
  await page.getByRole('button', { name: 'Delete' }).click();
  await row(page, 'P-001').waitFor();
  await row(page, 'P-TEST').waitFor({ state: 'detached' });
  await done(page);
});

test('reports: charts, and the same as tables', async () => {
  if (real) { /* something to report: a talk that finds nothing, a thumb */
    const page = await newPage(all.browser, { language: 'zh' });
    await page.goto(`${all.site.base}/`);
    await page.locator('#dg-say').fill('滑雪板有吗');
    await page.keyboard.press('Enter');
    await page.locator('.turn-tools').waitFor();
    await page.getByRole('button', { name: '有帮助' }).click();
    await page.locator('.feedback-thanks').waitFor();
    await done(page);
  }
  const page = await open();
  await go(page, 'reports');
  await page.locator('.chart canvas').nth(1).waitFor();
  assert.equal(await page.locator('.chart').first().getAttribute('role'), 'img');
  await row(page, '滑雪板').waitFor();
  await page.locator('details summary').first().click();
  assert.ok((await page.locator('details[open] tbody tr').count()) >= 1);
  assert.ok((await page.locator('.bar').count()) >= 1);
  await bothThemes(page, (theme) => accessible(page, `reports ${theme}`));
  await done(page);
});

test('keys: made, shown once, revoked; the audit has it', async () => {
  const page = await open();
  await go(page, 'keys');
  await page.getByLabel('For whom').fill('Li, till 3');
  await page.getByRole('button', { name: 'Make a key' }).click();
  assert.match(await page.locator('.made code').textContent(), /^dg_/);
  await bothThemes(page, (theme) => accessible(page, `keys ${theme}`));
  await page.getByRole('button', { name: 'Revoke Li, till 3' }).click();
  await row(page, 'Li, till 3').getByText('revoked').waitFor();
  assert.ok((await page.locator('.table').last().locator('tbody tr').count()) >= 2);
  await done(page);
});

test('keyboard: a skip link, and the heading has the focus after each move', async () => {
  const page = await open();
  await page.locator('.nav a').filter({ hasText: 'Reports' }).click();
  await page.waitForFunction(() => document.activeElement.id === 'page-title');
  await page.reload();
  await page.locator('.nav').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'page-title');
  await done(page);
});

test('on a phone no view is wider than the window', async () => {
  const page = await open({ language: 'zh', phone: true });
  for (const view of ['catalogue', 'catalogue/OD-1011', 'import', 'documents', 'promotions', 'promotions/P-001', 'try', 'copy', 'reports', 'keys']) {
    await go(page, view);
    await noOverflow(page);
    await accessible(page, `phone ${view}`);
  }
  await go(page, 'promotions/P-001');
  await page.getByLabel('找商品').fill('帐篷');
  await page.keyboard.press('Enter');
  await page.locator('.finder li').first().waitFor();
  await noOverflow(page);
  await done(page);
});
