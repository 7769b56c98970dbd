import { html, useContext, useState } from '../shared/html.js';
import { Language } from '../shared/language.js';
import { money } from '../shared/money.js';
import { Field, itemsOf, Loaded, Page, Table, useDesk, useLoaded, useWords, searchProducts } from './desk.js';

function Picture({ id, size }) {
  const { api } = useDesk();
  const [missing, setMissing] = useState(false);
  return missing ? html`<span class="thumb" />` : html`<img class="thumb" alt="" loading="lazy" src=${api.picture(id, size)} onError=${() => setMissing(true)} />`;
}

/** Every field of the record; twice where the languages differ. */
function rowsOf(zh, en) {
  const text = (v) => (v === null || v === undefined || v === '' ? '–' : String(v));
  const plain = Object.keys(zh).filter((k) => k !== 'attributes').flatMap((k) => (text(zh[k]) === text(en[k]) ? [[k, text(zh[k])]] : [[`${k} · zh`, text(zh[k])], [`${k} · en`, text(en[k])]]));
  return [...plain, ...zh.attributes.map((a) => [`${a.name}${a.language ? ` · ${a.language}` : ''}`, a.value])];
}

function OneProduct({ id }) {
  const t = useWords();
  const { api } = useDesk();
  const language = useContext(Language);
  const read = (l) => api.get(`/v1/products/${encodeURIComponent(id)}?language=${l}`);
  const from = useLoaded(() => Promise.all([read('zh'), read('en')]), [id]);
  return html`<${Loaded} from=${from}>${([zh, en]) => {
    const p = language === 'en' ? en : zh;
    const rows = rowsOf(zh, en);
    return html`<${Page} title=${p.title} lead=${p.id} tools=${html`<a class="button" href="#/catalogue">${t.back}</a><a class="button main" href=${`#/copy/${encodeURIComponent(p.id)}`}>${t.catalogue.write}</a>`}>
      <div class="product"><${Picture} id=${p.id} size=${480} />
        <${Table} caption=${p.title} rows=${rows} rowKey=${(r) => r[0]} columns=${[{ head: t.catalogue.field, cell: (r) => r[0], kind: 'name' }, { head: t.catalogue.value, cell: (r) => r[1], kind: 'long' }]} /></div>
    <//>`;
  }}<//>`;
}

let lastSearch = { query: '', category: '', brand: '', after: '' }; /* coming back from a product finds the list as it was */

function Products() {
  const t = useWords();
  const language = useContext(Language);
  const { api } = useDesk();
  const [typed, setTyped] = useState(lastSearch);
  const [asked, setAsked] = useState(lastSearch);
  lastSearch = asked;
  const path = `/v1/products?limit=20&language=${language}${Object.entries(asked).filter(([, v]) => v).map(([k, v]) => `&${k}=${encodeURIComponent(v)}`).join('')}`;
  const from = useLoaded(() => searchProducts(api, path, asked.after ? '' : asked.query, language), [path]);
  const input = (name) => html`<${Field} label=${t.catalogue[name]}><input type="search" value=${typed[name]} onInput=${(e) => setTyped({ ...typed, [name]: e.target.value })} /><//>`;
  return html`<${Page} title=${t.nav.catalogue} lead=${t.catalogue.lead}>
    <form class="bar-form" role="search" onSubmit=${(e) => { e.preventDefault(); setAsked({ ...typed, after: '' }); }}>${input('query')}${input('category')}${input('brand')}<button type="submit" class="main">${t.search}</button></form>
    <${Loaded} from=${from}>${(page) => (itemsOf(page).length === 0 ? html`<p class="note" role="status">${t.catalogue.none}</p>` : html`
      <${Table} caption=${t.nav.catalogue} rows=${itemsOf(page)} rowKey=${(p) => p.id} columns=${[
        { head: t.catalogue.product, kind: 'long', cell: (p) => html`<span class="with-thumb"><${Picture} id=${p.id} size=${160} /><a href=${`#/catalogue/${encodeURIComponent(p.id)}`}>${p.title}</a></span>` },
        { head: t.catalogue.id, cell: (p) => p.id },
        { head: t.catalogue.category, cell: (p) => p.category || '–' },
        { head: t.catalogue.price, kind: 'figure', cell: (p) => money(p.price, p.currency, language) || '–' },
        { head: t.catalogue.stock, kind: 'figure', cell: (p) => (p.stock === 0 ? html`<span class="bad">${t.catalogue.soldOut}</span>` : p.stock ?? '–') },
      ]} />
      <p class="pager">${asked.after && html`<button type="button" onClick=${() => setAsked({ ...asked, after: '' })}>${t.first}</button>`}
        ${page.next && html`<button type="button" onClick=${() => setAsked({ ...asked, after: page.next })}>${t.next}</button>`}</p>`)}<//>
  <//>`;
}

export const Catalogue = ({ argument }) => (argument ? html`<${OneProduct} id=${argument} />` : html`<${Products} />`);
