import { html, useContext, useState } from '../shared/html.js';
import { Language, useStrings } from '../shared/language.js';
import { money } from '../shared/money.js';
import { useShop } from './shop_context.js';
import { Icon } from './icons.js';
import { WhyPanel } from './why_panel.js';

/** The picture that the shop gave, or a plain swing tag where it gave none. Beside the title it says nothing new, so it has no alt text. */
export function Picture({ id, size }) {
  const { api } = useShop();
  const [missing, setMissing] = useState(false);
  if (missing) return html`<span class="picture picture-none"><${Icon} name="basket" /></span>`;
  return html`<img class="picture" alt="" loading="lazy" decoding="async" src=${api.picture(id, size)} onError=${() => setMissing(true)} />`;
}

function Price({ card }) {
  const t = useStrings();
  const language = useContext(Language);
  const promoted = card.promoted_price && card.promoted_price !== card.price;
  const now = promoted ? card.promoted_price : card.price;
  const before = promoted ? card.price : card.list_price;
  if (now === null || now === undefined) return html`<p class="price price-none">${t.priceUnknown}</p>`;
  return html`<p class="price">
    <span class=${promoted ? 'price-now price-promoted' : 'price-now'}><span class="unseen">${t.priceNow} </span>${money(now, card.currency, language)}</span>
    ${before && before !== now && html` <s class="price-before"><span class="unseen">${t.priceBefore} </span>${money(before, card.currency, language)}</s>`}
  </p>`;
}

/** One product as a swing tag. Its number is how the shopper may speak of it ("the second one"). */
export function ProductTag({ card, turn, onAdd }) {
  const t = useStrings();
  const { report } = useShop();
  const [open, setOpen] = useState(false);
  const show = () => { setOpen(true); report('view', card.id); };
  return html`<li class="tag">
    <div class="tag-mat"><${Picture} id=${card.id} size=${480} /><span class="tag-number"><span class="unseen">${t.number} </span>${card.number}</span></div>
    <div class="tag-body">
      <h2 class="tag-title">${card.url ? html`<a href=${card.url} target="_blank" rel="noopener" onClick=${() => report('click', card.id)}>${card.title}</a>` : card.title}</h2>
      <${Price} card=${card} />
      ${card.promotion && html`<p class="tag-promotion">${card.promotion.split(/[：:]/)[0]}</p>`}
      <ul class="reasons">${card.reasons.slice(0, 2).map((r) => html`<li key=${r}><${Icon} name="check" />${r}</li>`)}</ul>
      <div class="tag-actions">
        <button type="button" class="quiet" aria-haspopup="dialog" aria-label=${t.whyOf(card.title)} onClick=${show}>${t.why}</button>
        <button type="button" class="add" aria-label=${t.addOf(card.title)} onClick=${() => onAdd(card)}><${Icon} name="plus" />${t.add}</button>
      </div>
    </div>
    ${open && html`<${WhyPanel} card=${card} reply=${turn.reply} onClose=${() => setOpen(false)} />`}
  </li>`;
}
