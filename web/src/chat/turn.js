import { html, useContext, useState } from '../shared/html.js';
import { Language, useStrings } from '../shared/language.js';
import { errorText } from '../shared/error_text.js';
import { speaker } from '../shared/voice.js';
import { useShop } from './shop_context.js';
import { Choices } from './choices.js';
import { Comparison } from './comparison.js';
import { Feedback } from './feedback.js';
import { Icon, Seal } from './icons.js';
import { ProductTag } from './product_tag.js';
import { Receipt } from './receipt.js';
import { wordsOf } from './words.js';

function ReadAloud({ text }) {
  const t = useStrings();
  const language = useContext(Language);
  const { session } = useShop();
  const [speaking, setSpeaking] = useState(false);
  const voice = session.features.voice === false ? null : speaker();
  if (!voice) return null;
  const toggle = () => {
    if (speaking) voice.stop();
    else voice.say(text, language, () => setSpeaking(false));
    setSpeaking(!speaking);
  };
  return html`<button type="button" class="icon-button" aria-pressed=${speaking} aria-label=${t.voiceOut} title=${t.voiceOut} onClick=${toggle}><${Icon} name="speak" /></button>`;
}

/** Where a service answer was quoted from. */
function Source({ answer }) {
  const t = useStrings();
  if (answer.kind !== 'answer' || !answer.quotes || !answer.quotes.length) return null;
  return html`<p class="source">${t.sources} ${answer.quotes.map((q, i) => html`<cite key=${i}>${q.title}${q.heading ? ` · ${q.heading}` : ''}</cite>`)}</p>`;
}

function Trouble({ turn, last }) {
  const t = useStrings();
  const { conversation } = useShop();
  const stopped = turn.status === 'stopped';
  return html`<div class="trouble" role=${stopped ? undefined : 'alert'}>
    <p>${stopped ? t.stopped : errorText(turn.error, t)}</p>
    ${last && html`<button type="button" class="quiet" onClick=${() => conversation.retry()}><${Icon} name="again" />${t.retry}</button>`}
  </div>`;
}

function GuideSays({ turn, last, busy, onAdd }) {
  const t = useStrings();
  const { conversation } = useShop();
  const r = turn.reply;
  const writing = turn.status === 'waiting' || turn.status === 'streaming';
  return html`<div class="guide-says">
    <${Seal} />
    <div class="guide-words">
      ${turn.text && html`<p class=${writing ? 'words writing' : 'words'}>${wordsOf(turn)}</p>`}
      ${turn.status === 'waiting' && html`<p class="working"><span class="dots" aria-hidden="true"><i /><i /><i /></span>${t.working[turn.stage] || t.working.read}</p>`}
      ${r && r.answer && html`<${Source} answer=${r.answer} />`}
      ${last && r && r.question && html`<${Choices} question=${r.question} also=${r.also} disabled=${busy} onSay=${(label, choice) => conversation.say(label, choice)} />`}
      ${r && r.cards && r.cards.length > 0 && html`<ul class="tags" aria-label=${t.products}>${r.cards.map((c) => html`<${ProductTag} key=${c.id} card=${c} turn=${turn} onAdd=${onAdd} />`)}</ul>`}
      ${r && r.cards && r.fitting > r.cards.length && html`<p class="note">${t.fitting(r.fitting, r.cards.length)}</p>`}
      ${r && r.comparison && html`<${Comparison} comparison=${r.comparison} />`}
      ${r && r.cart && html`<div class="receipt-inline"><${Receipt} cart=${r.cart} /></div>`}
      ${(turn.status === 'stopped' || turn.status === 'failed') && html`<${Trouble} turn=${turn} last=${last} />`}
      ${turn.status === 'done' && html`<div class="turn-tools"><${Feedback} turn=${turn} /><${ReadAloud} text=${wordsOf(turn)} /></div>`}
    </div>
  </div>`;
}

export function Turn({ turn, last, busy, onAdd }) {
  const t = useStrings();
  return html`<section class="turn" aria-label=${t.turn(turn.number)}>
    <p class="shopper-says"><span class="unseen">${t.you} </span>${turn.said}</p>
    <${GuideSays} turn=${turn} last=${last} busy=${busy} onAdd=${onAdd} />
  </section>`;
}
