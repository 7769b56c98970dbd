import { html, useState } from '../shared/html.js';
import { Field, itemsOf, Loaded, Page, Table, useAct, useDesk, useLoaded, useWords } from './desk.js';

const NEW = { id: '', title: '', kind: 'markdown', text: '' };
const pathOf = (id) => `/v1/documents/${encodeURIComponent(id)}`;

function Editor({ document, isNew, onDone }) {
  const t = useWords();
  const { api } = useDesk();
  const [busy, act] = useAct();
  const [d, setD] = useState(document);
  const set = (name) => (e) => setD({ ...d, [name]: e.target.value });
  const save = (e) => {
    e.preventDefault();
    act(async () => { await api.put(pathOf(d.id.trim()), { title: d.title || d.id, text: d.text, kind: d.kind }); onDone(); }, t.saved);
  };
  const remove = () => { if (confirm(t.reallyRemove(d.id))) act(async () => { await api.delete(pathOf(d.id)); onDone(); }, t.removed); };
  return html`<form class="card" onSubmit=${save}>
    <div class="bar-form"><${Field} label=${t.documents.name}><input required readonly=${!isNew} value=${d.id} onInput=${set('id')} /><//>
      <${Field} label=${t.documents.title}><input value=${d.title} onInput=${set('title')} /><//>
      <${Field} label=${t.documents.kind}><select value=${d.kind} onChange=${set('kind')}>${Object.entries(t.documents.kinds).map(([k, label]) => html`<option key=${k} value=${k}>${label}</option>`)}</select><//></div>
    <${Field} label=${t.documents.text}><textarea class="code" rows="18" required value=${d.text} onInput=${set('text')} /><//>
    <p class="row"><button type="submit" class="main" disabled=${busy}>${t.save}</button>${!isNew && html`<button type="button" disabled=${busy} onClick=${remove}>${t.remove}</button>`}<a class="button" href="#/documents">${t.cancel}</a></p>
  </form>`;
}

export function Documents({ argument }) {
  const t = useWords();
  const { api } = useDesk();
  const list = useLoaded(() => api.get('/v1/documents?limit=100'), []);
  const one = useLoaded(async () => (argument && argument !== 'new' ? api.get(pathOf(argument)) : NEW), [argument]);
  const done = () => { list.reload(); location.hash = '#/documents'; };
  if (argument) return html`<${Page} title=${argument === 'new' ? t.add : argument}><${Loaded} from=${one}>${(d) => html`<${Editor} key=${argument} document=${{ ...NEW, ...d, id: argument === 'new' ? '' : argument }} isNew=${argument === 'new'} onDone=${done} />`}<//><//>`;
  return html`<${Page} title=${t.nav.documents} lead=${t.documents.lead} tools=${html`<a class="button main" href="#/documents/new">${t.add}</a>`}>
    <${Loaded} from=${list}>${(v) => html`<${Table} caption=${t.nav.documents} rows=${itemsOf(v)} rowKey=${(d) => d.id} columns=${[
      { head: t.documents.title, kind: 'long', cell: (d) => html`<a href=${`#/documents/${encodeURIComponent(d.id)}`}>${d.title || d.id}</a>` },
      { head: t.documents.name, cell: (d) => d.id }, { head: t.documents.language, cell: (d) => d.language },
      { head: t.documents.passages, kind: 'figure', cell: (d) => d.passages ?? '–' },
    ]} />`}<//>
  <//>`;
}
