/* Pictures of each view for docs/web.md, from the program with the sample shop. DAOGOU names the program.
 * usage: node screenshots.mjs FOLDER [PATTERN OF NAMES] */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newPage, say, startAll } from './browser.mjs';

const [folder, pattern = ''] = process.argv.slice(2);
const wanted = (name) => new RegExp(pattern).test(name);
mkdirSync(folder, { recursive: true });
const all = await startAll();
process.on('uncaughtException', async (e) => { console.error(e.message); await all.close(); process.exit(1); });

async function shot(page, name) {
  const png = join(folder, `${name}.png`);
  await page.evaluate(() => document.activeElement.blur());
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(400);
  await page.screenshot({ path: png });
  execFileSync('cwebp', ['-quiet', '-q', '82', '-m', '6', png, '-o', join(folder, `${name}.webp`)]);
  rmSync(png);
}

async function chat(name, options, work) {
  if (!wanted(name)) return;
  const page = await newPage(all.browser, options);
  await page.goto(`${all.site.base}/`);
  await page.locator('.shelves img').nth(5).waitFor();
  await work(page);
  await shot(page, name);
  await page.context().close();
}

const zh = '想买个双肩包，500以内，不要黑色';
const en = 'a backpack under 500 yuan, not black';
const top = (page) => page.locator('.talk-scroll').evaluate((box) => box.scrollTo(0, box.querySelector('.turn:last-child').offsetTop - 12));

await chat('welcome-zh', { language: 'zh' }, async () => {});
await chat('welcome-en-phone-dark', { language: 'en', phone: true, dark: true }, async () => {});
await chat('chat-zh', { language: 'zh' }, async (page) => { await say(page, zh); });
await chat('question-en', { language: 'en' }, async (page) => {
  await say(page, 'backpack');
  await page.locator('.choices').scrollIntoViewIfNeeded();
});
await chat('chat-zh-phone', { language: 'zh', phone: true }, async (page) => { await say(page, zh); });
await chat('chat-en-dark', { language: 'en', dark: true }, async (page) => {
  await say(page, en);
  await page.locator('.tag .add').nth(2).click();
  await page.locator('.receipt').waitFor();
});
await chat('comparison-en', { language: 'en' }, async (page) => {
  await say(page, en);
  await say(page, 'grey');
  await say(page, 'compare the first two');
  await say(page, 'put the second one in my cart');
  await page.locator('.talk-scroll').evaluate((box) => box.scrollTo(0, box.querySelectorAll('.turn')[2].offsetTop - 12));
});
await chat('why-zh', { language: 'zh' }, async (page) => {
  await say(page, zh);
  await say(page, '灰色');
  await page.locator('.turn:last-child .tag .quiet').first().click();
  await page.locator('.claims td:nth-child(3)').first().waitFor();
});
await chat('why-en-phone-dark', { language: 'en', phone: true, dark: true }, async (page) => {
  await say(page, 'a light two-person tent under 300');
  await page.locator('.turn:last-child .tag .quiet').first().click();
  await page.locator('.claims td:nth-child(3)').first().waitFor();
});
await chat('cart-zh-phone', { language: 'zh', phone: true }, async (page) => {
  await say(page, zh);
  await say(page, '第四个加入购物车');
  await page.locator('.cart-button').click();
  await page.locator('dialog .receipt').waitFor();
});
await chat('service-zh-dark', { language: 'zh', dark: true }, async (page) => {
  await say(page, '什么时候发货');
  await say(page, '可以开发票吗？');
  await top(page);
});

if (wanted('widget-en')) {
  const page = await newPage(all.browser, { language: 'en' });
  await page.goto(`${all.site.base}/shop/plain`);
  const guide = page.locator('daogou-guide');
  await guide.locator('.launcher').click();
  await say(page, 'a light two-person tent under 300', guide);
  await shot(page, 'widget-en');
  await page.context().close();
}

async function desk(name, options, view, work = async () => {}) {
  if (!wanted(name)) return;
  const p = await newPage(all.browser, options);
  await p.goto(`${all.desk.base}/console`);
  await p.locator('input[type=password]').fill(all.key);
  await p.keyboard.press('Enter');
  await p.locator('.nav').waitFor();
  await p.locator(`.nav a[href="#/${view.split('/')[0]}"]`).click();
  if (view.includes('/')) await p.evaluate((v) => { location.hash = `#/${v}`; }, view);
  await p.waitForLoadState('networkidle');
  await work(p);
  await shot(p, name);
  await p.context().close();
}

await desk('console-catalogue-zh', { language: 'zh' }, 'catalogue');
await desk('console-product-en', { language: 'en' }, 'catalogue/OD-1011', (p) => p.locator('.product img').waitFor());
await desk('console-try-en', { language: 'en' }, 'try', async (p) => {
  await p.locator('form input').fill(en);
  await p.keyboard.press('Enter');
  await p.locator('.table tbody tr').first().waitFor();
});
await desk('console-copy-zh-dark', { language: 'zh', dark: true }, 'copy/KT-1011', async (p) => {
  await p.locator('button.main').click();
  await p.locator('.cards .card').first().waitFor();
  await p.locator('.cards .card').first().locator('button').click();
  await p.locator('.state').first().waitFor();
});
await desk('console-promotion-en', { language: 'en' }, 'promotions/P-001', async (p) => {
  await p.locator('textarea[placeholder]').fill('OD-1011 × 2\nEL-1001');
  await p.locator('.preview select').selectOption('gold');
  await p.locator('.preview input[type=checkbox]').check();
  await p.locator('.preview .row button').click();
  await p.locator('.receipt').waitFor();
});
await desk('console-import-en', { language: 'en' }, 'import', async (p) => {
  const lines = [...Array.from({ length: 40 }, (x, i) => ({ id: `NW-${i}`, title: `白瓷杯 ${i}`, price: '12.00', currency: 'CNY' })), { id: 'NW-40', title: '白瓷杯', price: 'cheap' }, { id: '', title: '无编号' }];
  await p.locator('input[type=file]').setInputFiles({ name: 'cups.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from(lines.map((l) => JSON.stringify(l)).join('\n')) });
  await p.locator('button.main').click();
  await p.locator('b.done').waitFor();
});
await desk('console-reports-zh', { language: 'zh' }, 'reports', (p) => p.locator('.reports').waitFor());
await desk('console-keys-en-phone', { language: 'en', phone: true }, 'keys');
await all.close();
