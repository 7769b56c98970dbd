import { html, useContext, useState } from '../shared/html.js';
import { Language } from '../shared/language.js';
import { Receipt } from '../chat/receipt.js';
import { Shop } from '../chat/shop_context.js';
import { Field, itemsOf, Loaded, Page, searchProducts, Table, useAct, useDesk, useLoaded, useWords } from './desk.js';

const NEW = { id: 'P-NEW', name: '', name_en: '', kind: 'reduce', scope: { all: true }, tiers: [{ amount: '300.00', off: '40.00' }], currency: 'CNY', utc_offset: '+08:00' };
const pathOf = (id) => `/v1/promotions/${encodeURIComponent(id)}`;

/** "KT-1011 × 2" a line -> [{product, quantity}] */
export const cartOf = (text) => text.split('\n').map((l) => /^\s*(\S+?)\s*(?:[×x*:：]\s*(\d+))?\s*$/i.exec(l)).filter(Boolean).map((m) => ({ product: m[1], quantity: Number(m[2] || 1) }));

/** The server's priced cart as a receipt. */
function receiptOf(priced, language) {
  const say = (x) => (language === 'en' && x.text_en) || x.text;
  return { ...priced, lines: priced.lines.map((l) => ({ ...l, id: l.product, title: (language === 'en' && l.title_en) || l.title })), arithmetic: priced.promotions.map(say).filter(Boolean) };
}

/** "TEA25, heyu15" -> ["TEA25", "heyu15"] */
export const codesOf = (text) => text.split(/[\s,，、;；]+/).filter(Boolean);

/** The member levels that some promotion is for. */
const levelsOf = (promotions) => [...new Set(promotions.flatMap((p) => p.members || []))].filter((m) => m !== '*');

/** Finds products by words, so that nobody has to know their ids. */
function Finder({ onPick }) {
  const t = useWords();
  const { api } = useDesk();
  const [busy, act] = useAct();
  const language = useContext(Language);
  const [query, setQuery] = useState('');
  const [found, setFound] = useState(null);
  const find = () => query.trim() && act(async () => setFound((await searchProducts(api, `/v1/products?limit=5&language=${language}&query=${encodeURIComponent(query)}`, query.trim(), language)).items));
  const key = (e) => { if (e.key === 'Enter' && !e.isComposing) { e.preventDefault(); find(); } };
  return html`<div class="finder"><${Field} label=${t.promotions.find}><input value=${query} onInput=${(e) => setQuery(e.target.value)} onKeyDown=${key} /><//>
    <button type="button" disabled=${busy} onClick=${find}>${t.search}</button>
    <div aria-live="polite">${found && (found.length ? html`<ul>${found.map((p) => html`<li key=${p.id}><button type="button" onClick=${() => onPick(p.id)}>${p.title} <small>${p.id}</small></button></li>`)}</ul>` : html`<p class="note">${t.catalogue.none}</p>`)}</div></div>`;
}

function Priced({ priced }) {
  const language = useContext(Language);
  const t = useWords();
  const desk = useDesk();
  const say = (x) => (language === 'en' && x.text_en) || x.text;
  const coupons = priced.coupons || [];
  return html`<${Shop.Provider} value=${desk}><${Receipt} cart=${receiptOf(priced, language)} /><//>
    ${coupons.length > 0 && html`<ul class="coupons">${coupons.map((c) => html`<li key=${c.code} class=${c.reason === 'applied' ? 'good' : ''}><b>${c.code}</b> ${say(c)}</li>`)}</ul>`}`;
}

function Preview({ promotion, known }) {
  const t = useWords();
  const { api } = useDesk();
  const [busy, act] = useAct();
  const [items, setItems] = useState('');
  const [coupons, setCoupons] = useState('');
  const [member, setMember] = useState('');
  const [fresh, setFresh] = useState(false);
  const [priced, setPriced] = useState(null);
  const pick = (id) => setItems((old) => `${old.trim()}${old.trim() ? '\n' : ''}${id} × 1`);
  const show = () => act(async () => {
    const cart = { items: cartOf(items), ...(member ? { member } : {}), ...(fresh ? { new_customer: true } : {}) };
    if (!cart.items.length) throw { status: 400, message: t.promotions.noItems };
    if (codesOf(coupons).length) cart.coupons = codesOf(coupons);
    const rule = promotion();
    if (rule) setPriced(await api.post('/v1/promotions/preview', { promotion: rule, cart }));
  });
  const levels = levelsOf(known);
  return html`<section class="card preview"><h2>${t.promotions.preview}</h2>
    <${Finder} onPick=${pick} />
    <${Field} label=${t.promotions.items}><textarea rows="3" placeholder="KT-1011 × 2" value=${items} onInput=${(e) => setItems(e.target.value)} /><//>
    <${Field} label=${t.promotions.coupons}><input value=${coupons} placeholder=${known.map((p) => p.code).filter(Boolean).join(' ')} spellcheck=${false} autocapitalize="characters" onInput=${(e) => setCoupons(e.target.value)} /><//>
    <${Field} label=${t.promotions.member}><select value=${member} onChange=${(e) => setMember(e.target.value)}><option value="">${t.promotions.noMember}</option>${(levels.length ? levels : ['*']).map((m) => html`<option key=${m} value=${m}>${m === '*' ? t.promotions.anyMember : m}</option>`)}</select><//>
    <label class="check"><input type="checkbox" checked=${fresh} onChange=${(e) => setFresh(e.target.checked)} />${t.promotions.fresh}</label>
    <p class="row"><button type="button" disabled=${busy} onClick=${show}>${t.promotions.show}</button></p>
    <div aria-live="polite">${priced && html`<${Priced} priced=${priced} />`}</div>
  </section>`;
}

function Editor({ promotion, isNew, known, onDone }) {
  const t = useWords();
  const { api, fail } = useDesk();
  const [busy, act] = useAct();
  const [text, setText] = useState(JSON.stringify(promotion, null, 2));
  const parsed = () => {
    try {
      return JSON.parse(text);
    } catch (e) {
      fail({ status: 400, message: t.promotions.badJson(e.message) });
      return null;
    }
  };
  const save = (e) => {
    e.preventDefault();
    const p = parsed();
    if (p) act(async () => { await api.put(pathOf(p.id), p); onDone(); }, t.saved);
  };
  const remove = () => { if (confirm(t.reallyRemove(promotion.id))) act(async () => { await api.delete(pathOf(promotion.id)); onDone(); }, t.removed); };
  return html`<div class="two"><form class="card" onSubmit=${save}>
    <${Field} label=${t.promotions.json}><textarea class="code" rows="18" spellcheck="false" value=${text} onInput=${(e) => setText(e.target.value)} /><//>
    <p class="row"><button type="submit" class="main" disabled=${busy}>${t.save}</button>${!isNew && html`<button type="button" disabled=${busy} onClick=${remove}>${t.remove}</button>`}<a class="button" href="#/promotions">${t.cancel}</a></p>
  </form><${Preview} promotion=${parsed} known=${known} /></div>`;
}

/** Whether it holds today, by the shop's own calendar. */
export function stateOf(promotion, now = Date.now()) {
  const day = (v) => (typeof v === 'number' ? v * 1000 : v ? Date.parse(`${v}${v.length > 10 ? '' : 'T00:00'}${promotion.utc_offset || 'Z'}`) : NaN);
  const ends = day(promotion.ends) + (typeof promotion.ends === 'string' && promotion.ends.length === 10 ? 86400000 : 0);
  return now < day(promotion.starts) ? 'coming' : now >= ends ? 'over' : 'running';
}

/** A day as the file gives it ("2026-11-01") or seconds, as the list of the program does. */
const dayOf = (v) => (typeof v === 'number' ? new Date(v * 1000).toISOString().slice(0, 10) : v);

export function Promotions({ argument }) {
  const t = useWords();
  const language = useContext(Language);
  const { api } = useDesk();
  const list = useLoaded(() => api.get('/v1/promotions?limit=100'), []);
  const one = useLoaded(async () => (argument && argument !== 'new' ? api.get(pathOf(argument)) : NEW), [argument]);
  const done = () => { list.reload(); location.hash = '#/promotions'; };
  if (argument) return html`<${Page} title=${argument === 'new' ? t.add : argument}><${Loaded} from=${one}>${(p) => html`<${Editor} key=${argument} promotion=${p} isNew=${argument === 'new'} known=${list.value ? [...itemsOf(list.value), p] : [p]} onDone=${done} />`}<//><//>`;
  return html`<${Page} title=${t.nav.promotions} lead=${t.promotions.lead} tools=${html`<a class="button main" href="#/promotions/new">${t.add}</a>`}>
    <${Loaded} from=${list}>${(v) => html`<${Table} caption=${t.nav.promotions} rows=${itemsOf(v)} rowKey=${(p) => p.id} columns=${[
      { head: t.promotions.name, kind: 'long', cell: (p) => html`<a href=${`#/promotions/${encodeURIComponent(p.id)}`}>${(language === 'en' && p.name_en) || p.name}</a>` },
      { head: t.promotions.id, cell: (p) => p.id }, { head: t.promotions.kind, cell: (p) => t.promotions.kinds[p.kind] || p.kind },
      { head: t.promotions.state, cell: (p) => html`<span class=${stateOf(p) === 'running' ? 'state good' : 'state'}>${t.promotions.states[stateOf(p)]}</span>` },
      { head: t.promotions.from, kind: 'figure', cell: (p) => dayOf(p.starts) || t.promotions.always }, { head: t.promotions.to, kind: 'figure', cell: (p) => dayOf(p.ends) || t.promotions.always },
    ]} />`}<//>
  <//>`;
}
