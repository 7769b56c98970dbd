import { html, useEffect, useState } from '../shared/html.js';
import { useStrings } from '../shared/language.js';
import { useShop } from './shop_context.js';
import { Picture } from './product_tag.js';

const SHELVES = 6;

/** One product of each kind, spread over the departments: what the shop really has, as a way in. */
function shelvesOf(products) {
  const kinds = new Map();
  for (const p of products) {
    const path = (p.category || '').split('>').map((s) => s.trim());
    const kind = path[path.length - 1];
    if (kind && !kinds.has(kind)) kinds.set(kind, { kind, id: p.id, department: path[0] });
  }
  const departments = new Map();
  for (const k of kinds.values()) departments.set(k.department, [...(departments.get(k.department) || []), k]);
  const rows = [...departments.values()];
  const picked = [];
  for (let i = 0; picked.length < SHELVES && rows.some((r) => r[i]); i++) for (const r of rows) if (r[i] && picked.length < SHELVES) picked.push(r[i]);
  return picked;
}

export function Welcome() {
  const t = useStrings();
  const { api, conversation, session } = useShop();
  const [products, setProducts] = useState([]);
  useEffect(() => { api.get(`/v1/products?limit=100&language=${t.code}`).then((p) => setProducts(p.items), () => {}); }, [t.code]);
  const shelves = shelvesOf(products);
  return html`<div class="welcome">
    <p class="welcome-shop">${session.title}</p>
    <h1>${t.welcome}</h1>
    <p class="welcome-lead">${t.welcomeLead}</p>
    ${shelves.length > 0 && html`<h2 id="dg-shelves">${t.shelves}</h2><ul class="shelves" aria-labelledby="dg-shelves">
      ${shelves.map((s) => html`<li key=${s.kind}><button type="button" onClick=${() => conversation.say(t.lookingFor(s.kind))}><${Picture} id=${s.id} size=${160} /><span>${s.kind}</span></button></li>`)}
    </ul>`}
    <ul class="promises">${t.promises.map((p) => html`<li key=${p}>${p}</li>`)}</ul>
  </div>`;
}
