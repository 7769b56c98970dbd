import { html, useState } from '../shared/html.js';
import { useStrings } from '../shared/language.js';

/* Answers to the open questions: values that the shop has, with how many products each leaves, and "any". */

function Group({ question, label, shown, picked, disabled, onPick }) {
  const t = useStrings();
  const button = (value, text, count) => html`<button type="button" key=${value} class=${value === 'any' ? 'any' : ''} disabled=${disabled} aria-pressed=${shown ? picked === value : undefined} onClick=${() => onPick(text, value)}>
      ${text}${count !== undefined && html` <span class="count" aria-label=${t.pieces(count)}>${count}</span>`}</button>`;
  return html`<div class="choices" role="group" aria-label=${label}>${shown && html`<span class="choices-of" aria-hidden="true">${label}</span>`}
    ${question.choices.map((c) => button(c.value, c.label, c.count))}${button('any', t.any)}</div>`;
}

/** One question is answered by one press. Of two each keeps what was pressed: with both answered they are said together, with one it can be said alone. */
export function Choices({ question, also, disabled, onSay }) {
  const t = useStrings();
  const [picked, setPicked] = useState({});
  const name = (q) => t.asks[q.field] || q.field.replace(/^(attribute|quantity):/, '');
  if (!also) return html`<${Group} question=${question} label=${t.choices} disabled=${disabled} onPick=${(label, value) => onSay(label, { field: question.field, value })} />`;
  const both = [question, also];
  const pick = (q) => (label, value) => {
    const next = { ...picked, [q.field]: picked[q.field] && picked[q.field].value === value ? null : { label, value } };
    setPicked(next);
    const answers = both.map((x) => next[x.field]);
    if (answers.every(Boolean)) onSay(answers.every((a) => a.value === 'any') ? t.any : answers.map((a) => a.label).join(t.comma));
  };
  const one = both.find((q) => picked[q.field]);
  return html`<div class="choices-two">${both.map((q) => html`<${Group} key=${q.field} question=${q} label=${name(q)} shown=${true} picked=${picked[q.field] && picked[q.field].value} disabled=${disabled} onPick=${pick(q)} />`)}
    ${one && html`<p class="choices-one"><span>${t.answerBoth}</span> <button type="button" class="quiet" disabled=${disabled} onClick=${() => onSay(picked[one.field].label, { field: one.field, value: picked[one.field].value })}>${t.answerOne(picked[one.field].label)}</button></p>`}</div>`;
}
