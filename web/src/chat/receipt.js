import { html, useContext } from '../shared/html.js';
import { Language, useStrings } from '../shared/language.js';
import { money } from '../shared/money.js';
import { useShop } from './shop_context.js';
import { Icon } from './icons.js';

/* The cart as a till receipt: lines, then the arithmetic of the promotions as the server states it. */

function Line({ line, currency, onQuantity }) {
  const t = useStrings();
  const language = useContext(Language);
  const amount = line.amount ?? line.before;
  const reduced = line.pay !== undefined && line.pay !== amount;
  return html`<li class="receipt-line">
    <span class="receipt-title">${line.title || line.id}</span>
    <span class="receipt-row">
      ${onQuantity ? html`<span class="stepper">
        <button type="button" aria-label=${t.fewer(line.title)} onClick=${() => onQuantity(line.id, line.quantity - 1)}><${Icon} name="minus" /></button>
        <span aria-label=${t.quantity}>${line.quantity}</span>
        <button type="button" aria-label=${t.more(line.title)} onClick=${() => onQuantity(line.id, line.quantity + 1)}><${Icon} name="plus" /></button>
      </span>` : html`<span>×${line.quantity}</span>`}
      <span class="leader" />
      ${reduced && html`<s>${money(amount, currency, language)}</s>`}
      <span class="figure">${money(line.pay ?? amount, currency, language)}</span>
    </span>
  </li>`;
}

/** @param {{cart: any, editable?: boolean}} p cart: lines, arithmetic (sentences), before, total */
export function Receipt({ cart, editable }) {
  const t = useStrings();
  const language = useContext(Language);
  const { conversation, fail, session } = useShop();
  const currency = cart && (cart.currency || session.currency);
  if (!cart || !cart.lines || cart.lines.length === 0) return html`<p class="receipt-empty">${t.cartEmpty}</p>`;
  const onQuantity = editable ? (id, n) => conversation.setQuantity(id, n).catch(fail) : null;
  const row = (label, value, kind = '') => html`<p class=${`receipt-sum ${kind}`}><span>${label}</span><span class="leader" /><span class="figure">${money(value, currency, language)}</span></p>`;
  return html`<div class="receipt">
    <ul>${cart.lines.map((line) => html`<${Line} key=${line.id} line=${line} currency=${currency} onQuantity=${onQuantity} />`)}</ul>
    ${cart.arithmetic && cart.arithmetic.length > 0 && html`<ul class="receipt-arithmetic" aria-label=${t.arithmetic}>${cart.arithmetic.map((a) => html`<li key=${a}>${a}</li>`)}</ul>`}
    ${cart.before !== cart.total && row(t.before, cart.before)}
    ${row(t.total, cart.total, 'receipt-total')}
    ${cart.exact === false && html`<p class="note">${t.notExact}</p>`}
  </div>`;
}
