/* The way through chat and console in Firefox (WebDriver BiDi). FIREFOX names the program. */
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import puppeteer from 'puppeteer-core';
import { startServer } from '../browser.mjs';

const TIMEOUT_MS = 45000;
let all, firefox;
before(async () => {
  all = await startServer();
  firefox = await puppeteer.launch({ browser: 'firefox', executablePath: process.env.FIREFOX, headless: true, extraPrefsFirefox: { 'intl.accept_languages': 'zh-CN' } });
});
after(async () => { await firefox.close(); await all.close(); });

async function newPage(phone) {
  const page = await firefox.newPage();
  page.troubles = [];
  page.on('pageerror', (e) => page.troubles.push(e.message));
  page.on('console', (m) => { if (m.type() === 'error' && !/status of 40[14]/.test(m.text())) page.troubles.push(m.text()); });
  await page.setViewport(phone ? { width: 390, height: 844 } : { width: 1280, height: 800 });
  page.setDefaultTimeout(TIMEOUT_MS);
  return page;
}

const texts = (page, selector) => page.$$eval(selector, (all) => all.map((x) => x.textContent.trim()));
const turns = (page, n) => page.waitForFunction((k) => document.querySelectorAll('.turn').length === k && document.querySelector('.turn:last-child .turn-tools'), {}, n);

async function done(page) {
  const { inner, scroll } = await page.evaluate(() => ({ inner: innerWidth, scroll: document.documentElement.scrollWidth }));
  assert.ok(scroll <= inner, 'nothing is wider than the window');
  assert.deepEqual(page.troubles, [], 'no script error, no policy violation');
  await page.close();
}

for (const phone of [false, true]) {
  test(`a talk: words arrive, a chip answers, the cart takes a product (${phone ? 'phone' : 'desktop'})`, async () => {
    const page = await newPage(phone);
    await page.goto(`${all.site.base}/`);
    await page.waitForSelector('.shelves button');
    await page.type('#dg-say', '想买个双肩包');
    await page.keyboard.press('Enter');
    await turns(page, 1);
    assert.ok((await texts(page, '.turn:last-child .tag-title')).length >= 3);
    const chip = (await page.$$('.turn:last-child .choices button'))[0];
    const label = await chip.evaluate((b) => b.firstChild.data.trim());
    await chip.click();
    await turns(page, 2);
    assert.ok((await texts(page, '.turn:last-child .shopper-says'))[0].includes(label));
    const title = (await texts(page, '.turn:last-child .tag-title'))[0];
    await page.locator('.turn:last-child .tag .add').click();
    await page.waitForSelector(phone ? 'dialog .receipt' : '.counter .receipt');
    assert.equal((await texts(page, '.receipt-title'))[0], title);
    await done(page);
    const again = await newPage(phone);
    await again.goto(`${all.site.base}/`);
    await turns(again, 2);   /* the same shopper: the talk goes on where it was */
    await again.locator('button[title^="重新开始"]').click();
    await again.waitForSelector('.welcome h1');
    await done(again);
  });
}

test('the console: signing in, the catalogue, signing out', async () => {
  const page = await newPage(false);
  await page.goto(`${all.desk.base}/console`);
  await page.waitForSelector('input[type=password]');
  await page.type('input[type=password]', all.key);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.table tbody tr');
  assert.ok((await texts(page, '.table tbody tr')).length >= 10);
  await page.locator('.nav a[href="#/promotions"]').click();
  await page.waitForFunction(() => [...document.querySelectorAll('.table tbody td')].some((x) => x.textContent === 'P-001'));
  await page.locator('::-p-aria([name="退出"][role="button"])').click();
  await page.waitForSelector('input[type=password]');
  await done(page);
});
