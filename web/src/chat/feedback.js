import { html, useState } from '../shared/html.js';
import { useStrings } from '../shared/language.js';
import { useShop } from './shop_context.js';
import { Icon } from './icons.js';

/** Thumbs, and what was wrong, if the shopper wants to say it. */
export function Feedback({ turn }) {
  const t = useStrings();
  const { api, conversation, announce, fail } = useShop();
  const [verdict, setVerdict] = useState('');
  const [asking, setAsking] = useState(false);
  const send = async (v, reason) => {
    try {
      await api.post('/v1/feedback', { dialogue: conversation.store.get().dialogue, turn: turn.number, verdict: v, ...(reason ? { reason } : {}) });
      setVerdict(v);
      setAsking(v === 'down' && !reason);
      if (v === 'up' || reason) announce(t.thanks);
    } catch (e) {
      fail(e);
    }
  };
  return html`<div class="feedback">
    <button type="button" class="icon-button" aria-pressed=${verdict === 'up'} aria-label=${t.good} title=${t.good} onClick=${() => send('up')}><${Icon} name="up" /></button>
    <button type="button" class="icon-button" aria-pressed=${verdict === 'down'} aria-label=${t.bad} title=${t.bad} onClick=${() => send('down')}><${Icon} name="down" /></button>
    ${asking && html`<span class="feedback-reasons" role="group" aria-label=${t.whatWrong}><span>${t.whatWrong}</span>
      ${Object.entries(t.wrongReasons).map(([k, label]) => html`<button type="button" key=${k} onClick=${() => send('down', k)}>${label}</button>`)}</span>`}
    ${verdict && !asking && html`<span class="feedback-thanks">${t.thanks}</span>`}
  </div>`;
}
