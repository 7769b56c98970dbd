import { createContext, html, useCallback, useContext, useEffect, useState } from '../shared/html.js';
import { errorText } from '../shared/error_text.js';
import { Language, useStrings } from '../shared/language.js';
import en from '../strings/console_en.js';
import zh from '../strings/console_zh.js';

/* What the console's views share: the desk ({api, session, note(text), fail(error)}), loading, tables, fields. */

export const Desk = createContext(null);
export const useDesk = () => useContext(Desk);
export const words = { zh, en };
export const useWords = () => words[useContext(Language)];

/** The list in an answer, whatever it is called there. */
export const itemsOf = (answer) => (Array.isArray(answer) ? answer : (answer && (answer.items || Object.values(answer).find(Array.isArray))) || []);

/** Reads something from the server: {value, error, reload}. What was read for other inputs is never shown for these. */
export function useLoaded(read, inputs) {
  const asked = JSON.stringify(inputs);
  const [state, setState] = useState({ value: null, error: null, asked });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    read().then((value) => current && setState({ value, error: null, asked }), (error) => current && setState({ value: null, error, asked }));
    return () => { current = false; };
  }, [asked, round]);
  const mine = state.asked === asked;
  return { value: mine ? state.value : null, error: mine ? state.error : null, reload: useCallback(() => setRound((r) => r + 1), []) };
}

/** What matches the words (path asks for it), and first of all the product that has them as its id. */
export async function searchProducts(api, path, words, language) {
  const id = /^\S+$/.test(words) ? words : null;
  const [page, one] = await Promise.all([api.get(path), id && api.get(`/v1/products/${encodeURIComponent(id)}?language=${language}`).catch(() => null)]);
  return one ? { ...page, items: [one, ...page.items.filter((p) => p.id !== one.id)] } : page;
}

/** Shows what was loaded, or that it is loading, or why it could not be. */
export function Loaded({ from, children }) {
  const t = useStrings();
  if (from.error) return html`<div class="trouble" role="alert"><p>${errorText(from.error, t)}</p><button type="button" class="quiet" onClick=${from.reload}>${t.retry}</button></div>`;
  if (from.value === null) return html`<p class="note" role="status">${words[t.code].loading}</p>`;
  return children(from.value);
}

export function Field({ label, hint, children }) {
  return html`<label class="field"><span>${label}</span>${children}${hint && html`<small>${hint}</small>`}</label>`;
}

/** @param {{caption: string, columns: {head: string, cell: (row: any) => any, kind?: string}[], rows: any[], rowKey: (row: any, i: number) => string}} p */
export function Table({ caption, columns, rows, rowKey }) {
  const t = useWords();
  if (rows.length === 0) return html`<p class="note">${t.empty}</p>`;
  return html`<div class="table-box" role="region" aria-label=${caption} tabindex="0"><table class="table">
    <caption class="unseen">${caption}</caption>
    <thead><tr>${columns.map((c) => html`<th scope="col" key=${c.head} class=${c.kind || ''}>${c.head}</th>`)}</tr></thead>
    <tbody>${rows.map((row, i) => html`<tr key=${rowKey(row, i)}>${columns.map((c) => html`<td key=${c.head} class=${c.kind || ''}>${c.cell(row)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

export function Page({ title, lead, tools, children }) {
  return html`<div class="page"><header class="page-head"><div><h1 tabindex="-1" id="page-title">${title}</h1>${lead && html`<p class="lead">${lead}</p>`}</div>${tools && html`<div class="page-tools">${tools}</div>`}</header>${children}</div>`;
}

/** Runs something that changes the shop; says that it is done, or why not. */
export function useAct() {
  const { note, fail } = useDesk();
  const [busy, setBusy] = useState(false);
  const act = async (work, said) => {
    setBusy(true);
    try {
      const value = await work();
      if (said) note(said);
      return value;
    } catch (e) {
      fail(e);
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return [busy, act];
}

/** Offers a text as a file. */
export function download(name, text, type = 'application/json') {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const a = Object.assign(document.createElement('a'), { href: url, download: name });
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
