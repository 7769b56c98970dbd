import { html, useContext, useEffect, useState } from '../shared/html.js';
import { Language } from '../shared/language.js';
import { download, Field, itemsOf, Loaded, Page, Table, useAct, useDesk, useLoaded, useWords } from './desk.js';

/** One suggestion, which may be edited before it is kept. Facts are those of the text as written. */
function Suggestion({ text, busy, onKeep }) {
  const t = useWords().copy;
  const [edited, setEdited] = useState(text.text);
  return html`<article class="card">
    <textarea rows="4" aria-label=${t.text} value=${edited} onInput=${(e) => setEdited(e.target.value)} />
    <details><summary>${t.facts} (${(text.facts || []).length})${edited !== text.text ? ` · ${t.edited}` : ''}</summary>
      <ul class="chips">${(text.facts || []).map((f, i) => html`<li class="chip" key=${i}>${f.claim} <small>← ${f.field}</small></li>`)}</ul></details>
    <p class="row"><small>${t.moderation}: ${text.moderation || '–'}</small><button type="button" disabled=${busy} onClick=${() => onKeep(edited)}>${t.keep}</button></p>
  </article>`;
}

function Draft({ draft, busy, onSave }) {
  const t = useWords();
  const [text, setText] = useState(draft.text);
  const approved = draft.state === 'approved';
  return html`<article class="card"><p class="row"><a href=${`#/catalogue/${encodeURIComponent(draft.product)}`}>${draft.product}</a><span class=${approved ? 'state good' : 'state'}>${t.copy.states[draft.state] || draft.state}</span></p>
    <textarea rows="3" aria-label=${t.copy.text} value=${text} onInput=${(e) => setText(e.target.value)} />
    <p class="row"><button type="button" disabled=${busy || text === draft.text} onClick=${() => onSave({ ...draft, text, state: 'draft' })}>${t.save}</button>
      <button type="button" class=${approved ? '' : 'main'} disabled=${busy} onClick=${() => onSave({ ...draft, text, state: approved ? 'draft' : 'approved' })}>${approved ? t.copy.withdraw : t.copy.approve}</button></p>
  </article>`;
}

export function CopyStudio({ argument }) {
  const t = useWords();
  const { api } = useDesk();
  const language = useContext(Language);
  const [busy, act] = useAct();
  const [order, setOrder] = useState({ product: argument, need: '', language, n: 3 });
  const [texts, setTexts] = useState([]);
  const kept = useLoaded(() => api.get('/v1/copy?limit=100'), []);
  useEffect(() => { if (argument) setOrder((o) => ({ ...o, product: argument })); }, [argument]);
  const set = (name) => (e) => setOrder({ ...order, [name]: e.target.value });
  const write = (e) => {
    e.preventDefault();
    act(async () => {
      const body = { product: order.product.trim(), n: Number(order.n), language: order.language, ...(order.need ? { need: order.need } : {}) };
      setTexts((await api.post('/v1/write', body)).texts || []);
    });
  };
  const keep = (text) => act(async () => { await api.post('/v1/copy', { product: order.product.trim(), text, state: 'draft' }); kept.reload(); }, t.copy.kept);
  const save = (draft) => act(async () => { await api.put(`/v1/copy/${encodeURIComponent(draft.id)}`, { text: draft.text, state: draft.state }); kept.reload(); }, draft.state === 'approved' ? t.copy.approved : t.saved);
  const exportAll = () => act(async () => { const r = await api.fetch('/v1/copy/export'); download('copy.jsonl', await r.text(), 'application/x-ndjson'); });
  return html`<${Page} title=${t.nav.copy} lead=${t.copy.lead} tools=${html`<button type="button" disabled=${busy} onClick=${exportAll}>${t.copy.export}</button>`}>
    <form class="card bar-form" onSubmit=${write}>
      <${Field} label=${t.copy.product}><input required value=${order.product} onInput=${set('product')} /><//>
      <${Field} label=${t.copy.need}><input value=${order.need} onInput=${set('need')} /><//>
      <${Field} label=${t.copy.language}><select value=${order.language} onChange=${set('language')}><option value="zh">中文</option><option value="en">English</option></select><//>
      <${Field} label=${t.copy.n}><input type="number" min="1" max="8" value=${order.n} onInput=${set('n')} /><//>
      <button type="submit" class="main" disabled=${busy}>${t.copy.write}</button>
    </form>
    <div aria-live="polite" aria-busy=${busy}>${texts.length > 0 && html`<h2>${t.copy.texts}</h2><div class="cards">${texts.map((x, i) => html`<${Suggestion} key=${`${i} ${x.text}`} text=${x} busy=${busy} onKeep=${keep} />`)}</div>`}</div>
    <h2>${t.copy.drafts}</h2>
    <${Loaded} from=${kept}>${(v) => (itemsOf(v).length === 0 ? html`<p class="note">${t.empty}</p>` : html`<div class="cards">${itemsOf(v).map((d) => html`<${Draft} key=${`${d.id} ${d.text} ${d.state}`} draft=${d} busy=${busy} onSave=${save} />`)}</div>`)}<//>
  <//>`;
}
