import { html, useEffect, useMemo, useRef, useState } from '../shared/html.js';
import { Conversation } from '../shared/conversation.js';
import { errorText } from '../shared/error_text.js';
import { firstLanguage, Language, languages } from '../shared/language.js';
import { stored } from '../shared/storage.js';
import { useStore } from '../shared/store.js';
import { Composer } from './composer.js';
import { Icon, Seal } from './icons.js';
import { Receipt } from './receipt.js';
import { Sheet } from './sheet.js';
import { Shop } from './shop_context.js';
import { Turn } from './turn.js';
import { Welcome } from './welcome.js';
import { wordsOf } from './words.js';

/* The whole guide, for the page and the widget alike. */

const pieces = (cart) => ((cart && cart.lines) || []).reduce((n, l) => n + l.quantity, 0);

function Header({ t, language, setLanguage, theme, setTheme, session, cart, onCart, onNew, onClose, talked }) {
  return html`<${onClose ? 'div' : 'header'} class="head">
    <${Seal} />
    <${talked && !onClose ? 'h1' : 'p'} class="head-title">${session.title}<span>${t.guide}</span><//>
    <div class="head-tools">
      ${talked && html`<button type="button" class="icon-button" aria-label=${t.startNew} title=${t.startNew} onClick=${onNew}><${Icon} name="new" /></button>`}
      <button type="button" class="icon-button" aria-label=${t.theme} title=${t.theme} aria-pressed=${theme === 'dark'} onClick=${() => setTheme(theme === 'dark' ? 'light' : 'dark')}><${Icon} name=${theme === 'dark' ? 'sun' : 'moon'} /></button>
      <button type="button" class="language" lang=${t.otherCode} onClick=${() => setLanguage(t.otherCode)}>${t.other}</button>
      <button type="button" class="icon-button cart-button" aria-haspopup="dialog" aria-label=${t.cartWith(pieces(cart))} title=${t.cart} onClick=${onCart}><${Icon} name="basket" />${pieces(cart) > 0 && html`<b aria-hidden="true">${pieces(cart)}</b>`}</button>
      ${onClose && html`<button type="button" class="icon-button" aria-label=${t.close} onClick=${onClose}><${Icon} name="close" /></button>`}
    </div>
  <//>`;
}

function Counter({ t, cart, wishes }) {
  return html`<aside class="counter" aria-label=${t.counter}>
    ${wishes.length > 0 && html`<section class="notes"><h2>${t.notes}</h2><ul>${wishes.map((w, i) => html`<li key=${i} class=${w.topic ? 'topic' : ''}>${w.not ? t.not(w.text) : w.text}</li>`)}</ul></section>`}
    <section class="till"><h2>${t.cart}</h2><${Receipt} cart=${cart} editable=${true} /></section>
  </aside>`;
}

/** Keeps the newest turn in sight, its beginning at the top as soon as it is long enough, unless the shopper has scrolled to read. */
function useFollow(ref, turns) {
  const last = turns[turns.length - 1];
  const ours = useRef(true);
  useEffect(() => {
    const box = ref.current;
    const theirs = (e) => { if (e.type !== 'keydown' || /^(Page|Arrow|Home|End)/.test(e.key)) ours.current = false; };
    for (const kind of ['wheel', 'touchmove', 'keydown']) box.addEventListener(kind, theirs, { passive: true });
    return () => { for (const kind of ['wheel', 'touchmove', 'keydown']) box.removeEventListener(kind, theirs); };
  }, []);
  useEffect(() => { ours.current = true; }, [turns.length]);
  useEffect(() => {
    const turn = ref.current && ref.current.querySelector('.turn:last-child');
    if (turn && ours.current) ref.current.scrollTo({ top: turn.offsetTop - 12, behavior: last.status === 'waiting' ? 'smooth' : 'auto' });
  }, [turns.length, last && last.status === 'waiting', !!(last && last.reply)]);
}

const systemTheme = () => (window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

/** @param {{api: any, session: any, host: HTMLElement, options?: any, compact?: boolean, onClose?: () => void}} p */
export function ChatApp({ api, session, host, options = {}, compact = false, onClose }) {
  const kept = useMemo(() => ({ language: stored('dg.language'), theme: stored('dg.theme') }), []);
  const [language, chooseLanguage] = useState(() => firstLanguage(kept.language.get() || options.language, session.language));
  const [theme, chooseTheme] = useState(() => kept.theme.get() || options.theme || systemTheme());
  const current = useRef(language);
  const conversation = useMemo(() => new Conversation({ api, storage: stored('dg.dialogue'), language: () => current.current }), [api]);
  const state = useStore(conversation.store);
  const [said, announce] = useState('');
  const [trouble, setTrouble] = useState('');
  const [sheet, setSheet] = useState(false);
  const scroll = useRef(null);
  const t = languages[language];
  const fail = (e) => setTrouble(errorText(e, t));

  const setLanguage = (l) => { current.current = l; kept.language.set(l); chooseLanguage(l); };
  const setTheme = (x) => { kept.theme.set(x); chooseTheme(x); };

  useEffect(() => { conversation.restore().catch(fail); }, [conversation]);
  useEffect(() => { host.lang = language === 'zh' ? 'zh-Hans' : 'en'; host.dataset.theme = theme; }, [language, theme]);
  useFollow(scroll, state.turns);

  const last = state.turns[state.turns.length - 1];
  useEffect(() => { if (last && last.status === 'done') announce(wordsOf(last)); }, [last && last.status, last && last.number]);

  const report = (kind, product) => { api.post('/v1/events', { kind, product, ...(state.dialogue ? { dialogue: state.dialogue } : {}) }).catch(() => {}); };
  const add = async (card) => {
    const line = ((state.cart && state.cart.lines) || []).find((l) => l.id === card.id);
    try {
      await conversation.setQuantity(card.id, (line ? line.quantity : 0) + 1);
      report('cart', card.id);
      announce(t.added(card.title));
      if (compact || !window.matchMedia('(min-width: 1000px)').matches) setSheet(true);
    } catch (e) {
      fail(e);
    }
  };
  const startNew = () => { conversation.erase().then(() => announce(t.erased), fail); };
  const shop = { api, conversation, session, report, announce, fail };

  return html`<${Language.Provider} value=${language}><${Shop.Provider} value=${shop}>
    <div class=${`chat ${compact ? 'compact' : ''} ${state.turns.length ? '' : 'fresh'}`}>
      <${Header} ...${{ t, language, setLanguage, theme, setTheme, session, cart: state.cart, onClose, talked: state.turns.length > 0 }} onCart=${() => setSheet(true)} onNew=${startNew} />
      <${compact ? 'div' : 'main'} class="talk">
        <div class="talk-scroll" ref=${scroll} role="log" aria-live="off" aria-label=${t.talk} tabindex="0">
          ${state.turns.length === 0 ? html`<${Welcome} />` : state.turns.map((turn, i) => html`<${Turn} key=${turn.number} turn=${turn} last=${i === state.turns.length - 1} busy=${state.busy} onAdd=${add} />`)}
        </div>
        ${trouble && html`<div class="toast" role="alert"><p>${trouble}</p><button type="button" class="icon-button" aria-label=${t.close} onClick=${() => setTrouble('')}><${Icon} name="close" /></button></div>`}
        <${Composer} busy=${state.busy} focusOnMount=${compact} />
      <//>
      ${!compact && state.turns.length > 0 && html`<${Counter} t=${t} cart=${state.cart} wishes=${state.wishes} />`}
      <div class="unseen" role="status" aria-live="polite">${said}</div>
      ${sheet && html`<${Sheet} title=${t.cart} kind="sheet-receipt" onClose=${() => setSheet(false)}><${Receipt} cart=${state.cart} editable=${true} /><//>`}
    </div>
  <//><//>`;
}
