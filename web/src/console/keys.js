import { html, useState } from '../shared/html.js';
import { download, Field, itemsOf, Loaded, Page, Table, useAct, useDesk, useLoaded, useWords } from './desk.js';

const dateOf = (ms) => (ms ? new Date(ms).toLocaleString() : '–');

function KeyTable({ keys, onRevoke, busy }) {
  const t = useWords().keys;
  return html`<${Table} caption=${t.list} rows=${keys} rowKey=${(k) => k.id} columns=${[
    { head: t.name, kind: 'long', cell: (k) => k.label || '–' }, { head: t.id, cell: (k) => k.id }, { head: t.scope, cell: (k) => t.scopes[k.scope] || k.scope },
    { head: t.created, cell: (k) => dateOf(k.created_ms) },
    { head: t.revoke, cell: (k) => (k.revoked ? html`<span class="bad">${t.revoked}</span>` : html`<button type="button" disabled=${busy} aria-label=${`${t.revoke} ${k.label || k.id}`} onClick=${() => onRevoke(k)}>${t.revoke}</button>`) },
  ]} />`;
}

function Person() {
  const t = useWords();
  const { api } = useDesk();
  const [busy, act] = useAct();
  const [id, setId] = useState('');
  const path = `/v1/shoppers/${encodeURIComponent(id.trim())}`;
  const give = (e) => { e.preventDefault(); act(async () => download(`shopper-${id}.json`, JSON.stringify(await api.get(path), null, 2))); };
  const erase = () => { if (id.trim() && confirm(t.reallyRemove(id))) act(() => api.delete(path), t.keys.erased); };
  return html`<section class="card"><h2>${t.keys.person}</h2><p class="note">${t.keys.personLead}</p>
    <form class="bar-form" onSubmit=${give}><${Field} label=${t.keys.shopper}><input required value=${id} onInput=${(e) => setId(e.target.value)} /><//><button type="submit" disabled=${busy}>${t.keys.export}</button><button type="button" disabled=${busy} onClick=${erase}>${t.keys.erase}</button></form></section>`;
}

export function Keys() {
  const t = useWords();
  const { api } = useDesk();
  const [busy, act] = useAct();
  const [order, setOrder] = useState({ label: '', scope: 'merchant' });
  const [made, setMade] = useState('');
  const list = useLoaded(() => api.get('/v1/keys?limit=100'), []);
  const audit = useLoaded(() => api.get('/v1/audit?limit=50'), []);
  const refresh = () => { list.reload(); audit.reload(); };
  const make = (e) => { e.preventDefault(); act(async () => { const k = await api.post('/v1/keys', order); setMade(k.key); refresh(); }); };
  const revoke = (k) => { if (confirm(`${t.keys.revoke}: ${k.label || k.id}?`)) act(async () => { await api.delete(`/v1/keys/${encodeURIComponent(k.id)}`); refresh(); }, t.done); };
  return html`<${Page} title=${t.nav.keys} lead=${t.keys.lead}>
    <form class="card bar-form" onSubmit=${make}>
      <${Field} label=${t.keys.name}><input required maxlength="80" value=${order.label} onInput=${(e) => setOrder({ ...order, label: e.target.value })} /><//>
      <${Field} label=${t.keys.scope}><select value=${order.scope} onChange=${(e) => setOrder({ ...order, scope: e.target.value })}>${Object.entries(t.keys.scopes).map(([k, label]) => html`<option key=${k} value=${k}>${label}</option>`)}</select><//>
      <button type="submit" class="main" disabled=${busy}>${t.keys.make}</button>
    </form>
    ${made && html`<div class="made" role="status"><p>${t.keys.made}</p><code tabindex="0">${made}</code></div>`}
    <h2>${t.keys.list}</h2><${Loaded} from=${list}>${(v) => html`<${KeyTable} keys=${itemsOf(v)} busy=${busy} onRevoke=${revoke} />`}<//>
    <${Person} />
    <h2>${t.keys.audit}</h2><${Loaded} from=${audit}>${(v) => html`<${Table} caption=${t.keys.audit} rows=${itemsOf(v)} rowKey=${(a, i) => i} columns=${[
      { head: t.keys.when, cell: (a) => dateOf(a.at_ms) }, { head: t.keys.who, cell: (a) => a.who }, { head: t.keys.what, cell: (a) => a.action }, { head: t.keys.target, kind: 'long', cell: (a) => a.subject || '–' }]} />`}<//>
  <//>`;
}
