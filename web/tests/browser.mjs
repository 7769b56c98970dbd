/* What the browser tests share: one browser, a server (the program where $DAOGOU names it, else the mock), pages that fail on any policy
 * violation or script error, and axe. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { startMock } from './mock_server.mjs';
import { startProxy } from './fault_proxy.mjs';
import { startReal } from './real_server.mjs';

export const real = !!process.env.DAOGOU;
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** The server behind two proxies that can make faults: of the shoppers' listener and of the merchants'. */
export async function startServer() {
  const [site, desk] = [await startProxy(), await startProxy()];
  const server = real ? await startReal(process.env.DAOGOU, site.base) : await startMock();
  site.lead(server.port);
  desk.lead(server.admin || server.port);
  return { server, site, desk, key: server.key || 'dg_mock', close: async () => { site.close(); desk.close(); await server.close(); } };
}

export async function startAll() {
  const all = await startServer();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: flags });
  return { ...all, browser, close: async () => { await browser.close(); await all.close(); } };
}

/** A page of a fresh browser context. `page.troubles` collects what must not happen. */
export async function newPage(browser, { language = 'zh', dark = false, phone = false, touch = false, init } = {}) {
  const context = await browser.newContext({ locale: language === 'zh' ? 'zh-CN' : 'en-US', colorScheme: dark ? 'dark' : 'light', viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 800 }, hasTouch: touch, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.troubles = [];
  page.expected = /status of (401|404|409|413|422|429|503)|ERR_INTERNET_DISCONNECTED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION/; /* pictures that are not there, refusals, and the faults that tests make */
  page.on('pageerror', (e) => page.troubles.push(`script error: ${e.message}`));
  page.on('console', (m) => { if (m.type() === 'error' && !page.expected.test(m.text())) page.troubles.push(m.text()); });
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (e) => console.error(`policy violated: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`)));
  if (init) await page.addInitScript(init);
  page.setDefaultTimeout(45000) /* a loaded machine writes slowly */;
  return page;
}

export async function done(page) {
  assert.deepEqual(page.troubles, [], 'no script error, no policy violation');
  await page.context().close();
}

/** Fails on any finding of axe, naming rule and place. @param within the part of the page that is ours */
export async function accessible(page, where, within = 'html') {
  await page.evaluate(`${axeSource};0`);
  const findings = await page.evaluate(async (part) => {
    const r = await window.axe.run(part, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${(n.any[0] || n.all[0] || n.none[0] || {}).message || ''}`).join(' | ')}`);
  }, within);
  assert.deepEqual(findings, [], `axe on ${where}`);
}

/** Says something in the chat and waits for the end of the turn. @param root a page or the widget's locator */
export async function say(page, text, root = page) {
  const before = await root.locator('.turn').count();
  await root.locator('#dg-say').fill(text);
  await root.locator('#dg-say').press('Enter');
  await root.locator('.turn').nth(before).waitFor();
  await root.locator('.turn:last-child .turn-tools').waitFor();
}

export const lastTurn = (root) => root.locator('.turn:last-child');

/** Both themes of a view, one after the other, by the page's own switch. */
export async function bothThemes(page, check) {
  for (const theme of ['light', 'dark']) {
    await page.evaluate((x) => { (document.querySelector('daogou-guide') || document.documentElement).dataset.theme = x; }, theme);
    await check(theme);
  }
}

export async function noOverflow(page) {
  const { inner, scroll } = await page.evaluate(() => ({ inner: innerWidth, scroll: document.documentElement.scrollWidth }));
  assert.ok(scroll <= inner, `nothing is wider than the window: ${scroll} > ${inner}`);
}
