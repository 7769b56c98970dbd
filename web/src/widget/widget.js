import tokens from '../styles/tokens.css';
import chatStyle from '../styles/chat.css';
import tagStyle from '../styles/tag.css';
import widgetStyle from '../styles/widget.css';
import { html, render, useEffect, useRef, useState } from '../shared/html.js';
import { Api } from '../shared/api.js';
import { ChatApp } from '../chat/chat_app.js';
import { Seal } from '../chat/icons.js';
import { errorText } from '../shared/error_text.js';
import { firstLanguage, languages } from '../shared/language.js';

/* The guide on any shop's page, by one script tag:
 *   <script src="https://guide.example/widget.js" data-key="dg_..." async></script>
 * or, where the shop passes a path of its own site on to daogou, <script src="/guide/widget.js" async></script>: then all is one origin.
 * It lives in a shadow root with constructed style sheets, so that neither page nor widget styles the other, and a strict policy of the
 * page holds. What it needs of the page's policy: script-src and connect-src and img-src of its own origin. */

const script = document.currentScript;
const { key, language, theme, position } = script.dataset;

function Launcher({ host }) {
  const [session, setSession] = useState(null);
  const [trouble, setTrouble] = useState(null);
  const [open, setOpen] = useState(false);
  const [api] = useState(() => new Api({ base: script.src.replace(/\/widget\.js.*$/, ''), key }));
  const button = useRef(null);
  const t = languages[firstLanguage(language, session && session.language)];
  const toggle = async () => {
    if (open) return setOpen(false);
    if (!session) {
      try {
        setSession({ features: {}, ...(await api.shopperSession()) });
        setTrouble(null);
      } catch (e) {
        setTrouble(e);
      }
    }
    setOpen(true);
  };
  const close = () => { setOpen(false); button.current.focus(); };
  useEffect(() => {
    host.show = () => { if (!open) toggle(); };
    host.hide = () => setOpen(false);
  });
  const escape = (e) => { if (e.key === 'Escape' && !e.target.closest('dialog')) close(); };
  return html`<div class=${`widget ${position === 'left' ? 'left' : ''}`}>
    ${session && html`<section class="panel" role="dialog" aria-label=${t.guide} hidden=${!open} onKeyDown=${escape}>
      <${ChatApp} api=${api} session=${session} host=${host} options=${{ language, theme }} compact=${true} onClose=${close} />
    </section>`}
    ${open && trouble && html`<p class="sorry" role="alert">${errorText(trouble, t)}</p>`}
    <button type="button" class="launcher" ref=${button} aria-expanded=${open} aria-label=${t.open} title=${t.open} onClick=${toggle}><${Seal} /></button>
  </div>`;
}

class DaogouGuide extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync([widgetStyle, tokens, chatStyle, tagStyle].join('\n'));
    root.adoptedStyleSheets = [sheet];
    render(html`<${Launcher} host=${this} />`, root);
  }
}

if (!customElements.get('daogou-guide')) {
  customElements.define('daogou-guide', DaogouGuide);
  const place = () => { if (!document.querySelector('daogou-guide')) document.body.append(document.createElement('daogou-guide')); };
  if (document.body) place();
  else addEventListener('DOMContentLoaded', place);
}
