import { html, useRef, useState } from '../shared/html.js';
import { readEvents } from '../shared/sse.js';
import { Field, Page, Table, useAct, useDesk, useWords } from './desk.js';

/* As the server names them; those with a layout hold the file to it. */
const FORMATS = ['csv', 'google-tsv', 'google-xml', 'shopify', 'woocommerce', 'acp', 'schema.org', 'jsonl', 'json', 'tsv', 'xml', 'html'];

/** Follows a job by its events, or by asking again where a stream breaks. @param {(job: any) => void} show */
async function followJob(api, id, show) {
  for (;;) {
    try {
      const response = await api.fetch(`/v1/jobs/${id}/events`, { headers: { Accept: 'text/event-stream' } });
      for await (const { data } of readEvents(response.body)) {
        show(data);
        if (data.state === 'done' || data.state === 'failed') return;
      }
    } catch { /* ask below */ }
    const job = await api.get(`/v1/jobs/${id}`);
    show(job);
    if (job.state === 'done' || job.state === 'failed') return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function Job({ job }) {
  const t = useWords().import;
  const open = job.state === 'queued' || job.state === 'running';
  return html`<section class="job" aria-label=${t.state[job.state]}>
    <p class="job-state" role="status"><b class=${job.state}>${t.state[job.state]}</b>${open && job.total ? html` <span class="figure">${Math.floor((100 * job.done) / job.total)} %</span>` : ''}</p>
    <progress aria-label=${t.state[job.state]} max=${job.total || 1} value=${open && !job.total ? undefined : open ? job.done : job.total || 1} />
    ${job.message && html`<p class="trouble" role="alert">${job.message}</p>`}
    ${job.format && html`<p class="note">${t.readAs} <b>${t.kinds[job.format] || job.format}</b></p>`}
    ${job.result && html`<dl class="counts">${Object.entries(t.result).map(([k, label]) => html`<div key=${k}><dt>${label}</dt><dd class="figure">${job.result[k] ?? 0}</dd></div>`)}</dl>`}
    ${job.errors && job.errors.length > 0 && html`<h2>${t.errors}</h2><${Table} caption=${t.errors} rows=${job.errors} rowKey=${(e, i) => i} columns=${[
      { head: t.line, cell: (e) => e.line, kind: 'figure' }, { head: t.field, cell: (e) => e.field || '–' }, { head: t.reason, cell: (e) => e.message, kind: 'long' }]} />`}
  </section>`;
}

export function ImportFile() {
  const t = useWords();
  const { api } = useDesk();
  const [busy, act] = useAct();
  const [file, setFile] = useState(null);
  const [format, setFormat] = useState('auto');
  const [job, setJob] = useState(null);
  const [over, setOver] = useState(false);
  const input = useRef(null);
  const start = (e) => {
    e.preventDefault();
    if (!file) return input.current.focus();
    return act(async () => {
      const type = /\.jsonl?$/i.test(file.name) ? 'application/x-ndjson' : /\.tsv$/i.test(file.name) ? 'text/tab-separated-values' : /\.xml$/i.test(file.name) ? 'application/xml' : 'text/csv';
      const { job: id } = await api.json(`/v1/import?format=${format}`, { method: 'POST', body: file, headers: { 'Content-Type': type } });
      setJob({ state: 'queued', done: 0, total: 0 });
      await followJob(api, id, setJob);
    });
  };
  const drop = (e) => { e.preventDefault(); setOver(false); if (e.dataTransfer.files[0]) setFile(e.dataTransfer.files[0]); };
  return html`<${Page} title=${t.nav.import} lead=${t.import.lead}>
    <form class="card" onSubmit=${start}>
      <div class=${over ? 'drop over' : 'drop'} onDragOver=${(e) => { e.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
        <${Field} label=${t.import.file}><input type="file" ref=${input} accept=".csv,.tsv,.jsonl,.json,.xml,.html,.htm,.txt" onChange=${(e) => setFile(e.target.files[0] || null)} /><//>
        <p class="note">${file ? `${file.name} (${Math.ceil(file.size / 1024)} KB)` : t.import.drop}</p>
      </div>
      <div class="bar-form">
        <${Field} label=${t.import.format}><select value=${format} onChange=${(e) => setFormat(e.target.value)}><option value="auto">${t.import.auto}</option>${FORMATS.map((f) => html`<option key=${f} value=${f}>${t.import.kinds[f]}</option>`)}</select><//>
        <button type="submit" class="main" disabled=${busy}>${t.import.start}</button>
        <button type="button" disabled=${busy} onClick=${() => act(() => api.post('/v1/reload'), t.import.reloaded)}>${t.import.reload}</button>
      </div>
    </form>
    ${job && html`<${Job} job=${job} />`}
  <//>`;
}
