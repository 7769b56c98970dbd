import { html, useEffect, useState } from '../shared/html.js';
import { useStrings } from '../shared/language.js';
import { Sheet } from './sheet.js';
import { useShop } from './shop_context.js';
import { Icon } from './icons.js';

/* Why this product: what was said of it and in which field of its record that stands, the scores it was ranked by, and the time each
 * stage took. Scores are as the server gives them: the bar shows a share only of those that lie between 0 and 1. */

const SHARES = new Set(['coverage', 'title_coverage', 'last_word', 'adjacent', 'numbers', 'soft', 'vector']);

function scoresOf(reply, id) {
  for (const need of (reply.why && reply.why.needs) || []) {
    const found = (need.best || []).find((b) => b.id === id);
    if (found) return { ...found.scores };
  }
  return null;
}

function stagesOf(reply) {
  const why = reply.why || {};
  const stages = {};
  for (const need of why.needs || []) for (const [k, v] of Object.entries(need.times_ms || {})) stages[k] = (stages[k] || 0) + v;
  for (const [k, v] of Object.entries(why.times_ms || {})) stages[k] = v;
  return Object.entries(stages);
}

function Score({ name, value }) {
  const t = useStrings();
  const share = SHARES.has(name) ? Math.max(0, Math.min(1, value)) : null;
  return html`<tr>
    <th scope="row">${t.scores[name] || name}</th>
    <td class="figure">${Number(value).toFixed(2)}</td>
    <td class="bar-cell">${share !== null && html`<span class="bar"><span style=${{ width: `${share * 100}%` }} /></span>`}</td>
  </tr>`;
}

/** The value of a claim's field in the record ("attributes.color", "description", "防水"). */
function fieldOf(product, field) {
  if (!product) return null;
  if (field === 'list_price - price') return product.list_price ? `${product.list_price} − ${product.price}` : null;
  const name = field.replace(/^attributes\./, '');
  const attribute = product.attributes.find((a) => a.name === name);
  const value = attribute ? attribute.value : product[field] ?? null;
  return value === null ? null : String(value);
}

export function WhyPanel({ card, reply, onClose }) {
  const t = useStrings();
  const { api } = useShop();
  const [product, setProduct] = useState(null);
  useEffect(() => { api.get(`/v1/products/${encodeURIComponent(card.id)}?language=${reply.language || t.code}`).then(setProduct, () => {}); }, [card.id]);
  const claims = (reply.claims || []).filter((c) => c.product === card.id);
  const scores = scoresOf(reply, card.id);
  const stages = stagesOf(reply);
  return html`<${Sheet} title=${t.whyTitle} onClose=${onClose}>
    <p class="sheet-lead">${card.title}</p>
    <h3>${t.whyReasons}</h3>
    <ul class="reasons reasons-all">${card.reasons.map((r) => html`<li key=${r}><${Icon} name="check" />${r}</li>`)}</ul>
    <h3>${t.whyClaims}</h3>
    ${claims.length === 0 ? html`<p class="note">${t.whyNoClaims}</p>` : html`<table class="claims">
      <thead><tr><th scope="col">${t.said}</th><th scope="col">${t.field}</th><th scope="col">${t.record}</th></tr></thead>
      <tbody>${claims.map((c, i) => html`<tr key=${i}><td>${c.claim}</td><td>${t.fields[c.field] || c.field}</td><td>${fieldOf(product, c.field) || '–'}</td></tr>`)}</tbody>
    </table>`}
    ${scores && html`<h3>${t.whyScores}</h3><table class="scores"><tbody>
      <tr class="score-all"><th scope="row">${t.fit}</th><td class="figure">${Number(card.score).toFixed(2)}</td><td class="bar-cell"><span class="bar"><span style=${{ width: `${card.score * 100}%` }} /></span></td></tr>
      ${Object.entries(scores).map(([k, v]) => html`<${Score} key=${k} name=${k} value=${v} />`)}
    </tbody></table>`}
    ${stages.length > 0 && html`<h3>${t.whyStages}</h3><dl class="stages">${stages.map(([k, v]) => html`<div key=${k}><dt>${t.stages[k] || k}</dt><dd class="figure">${t.ms(v)}</dd></div>`)}</dl>`}
    <p class="note">${t.whyFoot}</p>
  <//>`;
}
