import { html } from '../shared/html.js';
import { useStrings } from '../shared/language.js';

/** Answers to the open question: values that the shop has, with how many products each leaves, and "any". */
export function Choices({ question, disabled, onChoose }) {
  const t = useStrings();
  const choose = (label, value) => onChoose(label, { field: question.field, value });
  return html`<div class="choices" role="group" aria-label=${t.choices}>
    ${question.choices.map((c) => html`<button type="button" key=${c.value} disabled=${disabled} onClick=${() => choose(c.label, c.value)}>
      ${c.label} <span class="count" aria-label=${t.pieces(c.count)}>${c.count}</span></button>`)}
    <button type="button" class="any" disabled=${disabled} onClick=${() => choose(t.any, 'any')}>${t.any}</button>
  </div>`;
}
