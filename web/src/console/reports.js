import { html, useContext, useState } from '../shared/html.js';
import { Language, useStrings } from '../shared/language.js';
import { Chart } from './chart.js';
import { Field, Loaded, Page, Table, useDesk, useLoaded, useWords } from './desk.js';

/** Every day of the period; one of which nothing is kept had nothing. */
function everyDay(rows, days, fields) {
  const today = Date.parse(new Date().toISOString().slice(0, 10));
  const known = new Map(rows.map((r) => [r.day, r]));
  const nothing = Object.fromEntries(fields.map((f) => [f, 0]));
  return Array.from({ length: days }, (x, i) => new Date(today - (days - 1 - i) * 86400000).toISOString().slice(0, 10)).map((day) => known.get(day) || { day, ...nothing });
}

function Daily({ title, rows: kept, days, fields }) {
  const t = useWords().reports;
  const language = useContext(Language);
  if (!kept || kept.length === 0) return html`<section class="card"><h2>${title}</h2><p class="note">${t.noData}</p></section>`;
  const rows = everyDay(kept, days, fields);
  const columns = [{ head: t.day, cell: (r) => r.day }, ...fields.map((f) => ({ head: t[f], kind: 'figure', cell: (r) => r[f] }))];
  return html`<section class="card"><h2>${title}</h2>
    <${Chart} label=${`${title}: ${fields.map((f) => t[f]).join(', ')}`} language=${language} days=${rows.map((r) => r.day)} series=${fields.map((f) => ({ label: t[f], values: rows.map((r) => r[f] || 0) }))} />
    <details><summary>${t.asTable}</summary><${Table} caption=${title} rows=${rows} rowKey=${(r) => r.day} columns=${columns} /></details></section>`;
}

function Latency({ rows }) {
  const all = useStrings();
  const t = useWords().reports;
  if (!rows || rows.length === 0) return html`<section class="card"><h2>${t.latency}</h2><p class="note">${t.noData}</p></section>`;
  const nameOf = (stage) => { const part = stage.replace(/^turn_/, ''); const name = all.stages[part] || part; return part === stage ? name : t.inTurn(name); };
  const most = Math.max(...rows.map((r) => r.p95), 1e-9);
  return html`<section class="card"><h2>${t.latency}</h2><${Table} caption=${t.latency} rows=${rows} rowKey=${(r) => r.stage} columns=${[
    { head: t.stage, cell: (r) => nameOf(r.stage) }, { head: t.p50, kind: 'figure', cell: (r) => t.ms(r.p50) }, { head: t.p95, kind: 'figure', cell: (r) => html`${t.ms(r.p95)}<span class="bar" aria-hidden="true"><span style=${{ width: `${(100 * r.p95) / most}%` }} /></span>` }, { head: t.n, kind: 'figure', cell: (r) => r.n },
  ]} /></section>`;
}

export function Reports() {
  const t = useWords();
  const { api } = useDesk();
  const [days, setDays] = useState('7');
  const from = useLoaded(() => api.get(`/v1/reports?days=${days}`), [days]);
  const tools = html`<${Field} label=${t.reports.days}><select value=${days} onChange=${(e) => setDays(e.target.value)}>${['7', '30', '90'].map((d) => html`<option key=${d} value=${d}>${d}</option>`)}</select><//>`;
  return html`<${Page} title=${t.nav.reports} lead=${t.reports.lead} tools=${tools}><${Loaded} from=${from}>${(r) => html`<div class="reports">
    <${Daily} title=${t.reports.conversion} rows=${r.conversion} days=${Number(days)} fields=${['dialogues', 'carts', 'purchases']} />
    <${Daily} title=${t.reports.feedback} rows=${r.feedback} days=${Number(days)} fields=${['up', 'down']} />
    <section class="card"><h2>${t.reports.without}</h2><p class="note">${t.reports.withoutLead}</p><${Table} caption=${t.reports.without} rows=${r.needs_without_result || []} rowKey=${(x, i) => i} columns=${[
      { head: t.reports.need, kind: 'long', cell: (x) => x.text }, { head: t.reports.times, kind: 'figure', cell: (x) => x.count }]} /></section>
    <${Latency} rows=${r.latency} />
  </div>`}<//><//>`;
}
