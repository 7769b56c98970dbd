import { newPage, say, startAll } from './browser.mjs';
const out='/tmp/webgap/x/';
const all = await startAll();
const tour={ zh:['你好','想给爸爸买个保温杯，三百以内','第一个多重','比较前两个','第二个加入购物车','有没有便宜点的','什么时候发货','我的订单 20261126001 到哪了','滑雪板有吗','谢谢，就这些'],
 en:['hi','a warm jacket for hiking under 600 yuan','is the first one waterproof?','compare the first two','put the first one in my cart','something cheaper','can I return it?','do you sell snowboards?','talk to a person','thanks, bye'] };
for (const [language,phone,dark] of [['zh',false,false],['zh',true,true],['en',false,true],['en',true,false]]) {
  const p=await newPage(all.browser,{language,phone,dark});
  await p.goto(all.site.base+'/'); await p.locator('.shelves button').first().waitFor();
  let i=0;
  for (const w of tour[language]) { await say(p,w); await p.evaluate(()=>document.activeElement.blur()); await p.waitForLoadState('networkidle'); await p.waitForTimeout(250); await p.screenshot({path:`${out}tour-${language}-${phone?'phone':'desk'}-${i++}.png`}); }
  if (phone) { await p.locator('.cart-button').click(); await p.waitForTimeout(300); await p.screenshot({path:`${out}tour-${language}-phone-cart.png`}); }
  if (p.troubles.length) console.log(p.troubles);
  await p.context().close();
}
for (const [language,phone,dark] of [['zh',false,false],['en',false,true],['zh',true,false]]) {
  const p=await newPage(all.browser,{language,phone,dark});
  await p.goto(`${all.desk.base}/console`); await p.locator('input[type=password]').waitFor(); await p.screenshot({path:`${out}desk-${language}-${phone?'phone':'desk'}-signin.png`});
  await p.locator('input[type=password]').fill(all.key); await p.keyboard.press('Enter'); await p.locator('.nav').waitFor();
  for (const v of ['catalogue','catalogue/OD-1011','import','documents','documents/delivery.zh.md','promotions','promotions/P-011','try','copy/KT-1011','reports','keys']) {
    await p.evaluate((x)=>{location.hash='#/'+x},v); await p.waitForLoadState('networkidle'); await p.waitForTimeout(300);
    if (v==='try') { await p.locator('form input').fill(language==='zh'?'三百以内、两个人用的轻便帐篷':'light two-person tent under 300'); await p.keyboard.press('Enter'); await p.locator('.table tbody tr').first().waitFor(); }
    if (v.startsWith('promotions/')) { await p.locator('textarea[placeholder]').fill('OD-1011 × 2\nEL-1001'); await p.locator('.preview input').nth(1).fill('HEYU15'); await p.locator('.preview select').selectOption('gold'); await p.locator('.preview .row button').click(); await p.locator('.receipt').waitFor(); await p.locator('.finder input').fill(language==='zh'?'帐篷':'tent'); await p.keyboard.press('Enter'); await p.locator('.finder li').first().waitFor(); }
    await p.screenshot({path:`${out}desk-${language}-${phone?'phone':'desk'}-${v.replace('/','_')}.png`, fullPage: !phone});
  }
  if (p.troubles.length) console.log(p.troubles);
  await p.context().close();
}
await all.close();
