import { html } from '../shared/html.js';
import { useStrings } from '../shared/language.js';
import { Picture } from './product_tag.js';

/** Products side by side: only rows in which they differ, as the server made them from the records. */
export function Comparison({ comparison }) {
  const t = useStrings();
  const titles = comparison.titles || comparison.products;
  return html`<div class="comparison" role="region" aria-label=${t.comparison} tabindex="0"><table>
    <caption class="unseen">${t.comparison}</caption>
    <thead><tr><td />${comparison.products.map((id, i) => html`<th scope="col" key=${id}><${Picture} id=${id} size=${160} /><span>${titles[i]}</span></th>`)}</tr></thead>
    <tbody>${comparison.rows.map((row) => html`<tr key=${row.name}><th scope="row">${row.name}</th>
      ${row.values.map((v, i) => html`<td key=${i}>${v === null ? html`<span class="silent">${t.silent}</span>` : v}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}
