import { html, useEffect, useState } from '../shared/html.js';
import { useStrings } from '../shared/language.js';
import { useShop } from './shop_context.js';
import { Picture } from './product_tag.js';

const SHELVES = 6;

/** The fullest kinds, one of each department in turn: what the shop really has, as a way in. */
export function shelvesOf(categories) {
  const departments = new Map();
  for (const k of categories) if (![...departments.values()].flat().some((x) => x.name === k.name)) departments.set(k.department, [...(departments.get(k.department) || []), k]);
  const rows = [...departments.values()];
  const picked = [];
  for (let i = 0; picked.length < SHELVES && rows.some((r) => r[i]); i++) for (const r of rows) if (r[i] && picked.length < SHELVES) picked.push(r[i]);
  return picked;
}

export function Welcome() {
  const t = useStrings();
  const { api, conversation, session } = useShop();
  const [categories, setCategories] = useState([]);
  useEffect(() => { api.get(`/v1/categories?limit=100&language=${t.code}`).then((c) => setCategories(c.items), () => {}); }, [t.code]);
  const shelves = shelvesOf(categories);
  return html`<div class="welcome">
    <p class="welcome-shop">${session.title}</p>
    <h1>${t.welcome}</h1>
    <p class="welcome-lead">${t.welcomeLead}</p>
    ${shelves.length > 0 && html`<h2 id="dg-shelves">${t.shelves}</h2><ul class="shelves" aria-labelledby="dg-shelves">
      ${shelves.map((s) => html`<li key=${s.category}><button type="button" onClick=${() => conversation.say(t.lookingFor(s.name))}><${Picture} id=${s.sample} size=${160} /><span>${s.name}</span></button></li>`)}
    </ul>`}
    <ul class="promises">${t.promises.map((p) => html`<li key=${p}>${p}</li>`)}</ul>
  </div>`;
}
