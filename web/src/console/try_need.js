import { html, useState } from '../shared/html.js';
import { useStrings } from '../shared/language.js';
import { Field, Page, Table, useAct, useDesk, useWords } from './desk.js';

function Understood({ query }) {
  const t = useWords().try;
  const value = (c) => (Array.isArray(c.value) ? c.value.join(' / ') : c.value ?? [c.low, c.high].filter((x) => x !== undefined).join('–'));
  return html`<section class="card"><h2>${t.understood}</h2>
    ${(query.constraints || []).length === 0 ? html`<p class="note">${t.none}</p>` : html`<ul class="chips">${query.constraints.map((c, i) => html`<li key=${i} class=${c.hard ? 'chip hard' : 'chip'}><b>${c.field}</b> ${c.not ? `${t.not} ` : ''}${value(c) || c.said} <small>${c.hard ? t.hard : t.soft}</small></li>`)}</ul>`}
    <p class="terms"><span>${t.terms}</span> ${(query.terms || []).map((x) => html`<span key=${x.term} class="term">${x.term}<small class="figure">${Number(x.weight).toFixed(1)}</small>${x.corrected ? html`<small>${t.corrected}</small>` : ''}</span>`)}</p>
  </section>`;
}

export function TryNeed() {
  const all = useStrings();
  const t = useWords();
  const { api } = useDesk();
  const [busy, act] = useAct();
  const [need, setNeed] = useState('');
  const [answer, setAnswer] = useState(null);
  const go = (e) => { e.preventDefault(); if (need.trim()) act(async () => setAnswer(await api.post('/v1/explain', { need }))); };
  const results = (answer && answer.results) || [];
  const names = [...new Set(results.flatMap((r) => Object.keys(r.scores || {})))];
  const cutoff = answer && answer.cutoff;
  const times = answer && (answer.times_ms || answer.times);
  return html`<${Page} title=${t.nav.try} lead=${t.try.lead}>
    <form class="bar-form" onSubmit=${go}><${Field} label=${t.try.need}><input class="wide" value=${need} placeholder=${t.try.example} onInput=${(e) => setNeed(e.target.value)} /><//><button type="submit" class="main" disabled=${busy}>${t.try.go}</button></form>
    <div aria-live="polite" aria-busy=${busy}>
    ${answer && answer.query && html`<${Understood} query=${answer.query} />`}
    ${times && html`<p class="note">${Object.entries(times).map(([k, v]) => `${all.stages[k] || k} ${t.reports.ms(Number(v))}`).join(' · ')}</p>`}
    ${answer && html`<h2>${t.try.candidates} <small class="figure">${results.length}</small></h2><${Table} caption=${t.try.candidates} rows=${results} rowKey=${(r) => r.id} columns=${[
      { head: t.try.product, kind: 'long', cell: (r) => html`<a href=${`#/catalogue/${encodeURIComponent(r.id)}`}>${r.title || r.id}</a>${cutoff !== undefined && cutoff !== null && r.score < cutoff ? html` <small class="bad">${t.try.below}</small>` : ''}<ul class="small-list">${(r.reasons || []).map((x) => html`<li key=${x}>${x}</li>`)}</ul>` },
      { head: t.try.fit, kind: 'figure', cell: (r) => html`<b>${Number(r.score).toFixed(3)}</b>` },
      ...names.map((n) => ({ head: all.scores[n] || n, kind: 'figure', cell: (r) => (r.scores && r.scores[n] !== undefined ? Number(r.scores[n]).toFixed(2) : '–') })),
    ]} />`}</div>
  <//>`;
}
