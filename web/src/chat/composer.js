import { html, useContext, useEffect, useRef, useState } from '../shared/html.js';
import { Language, useStrings } from '../shared/language.js';
import { listener } from '../shared/voice.js';
import { useShop } from './shop_context.js';
import { Icon } from './icons.js';

const UTTERANCE_MAX = 1000; /* characters; the server reads 2,000 bytes of a turn */

/** Where the shopper writes. Enter sends, Shift+Enter breaks the line, and an input method that is composing keeps its Enter. */
export function Composer({ busy, focusOnMount }) {
  const t = useStrings();
  const language = useContext(Language);
  const { conversation, session, announce } = useShop();
  const [text, setText] = useState('');
  const [hush, setHush] = useState(null);
  const box = useRef(null);
  const listen = session.features.voice === false ? null : listener();

  useEffect(() => { if (focusOnMount) box.current.focus(); }, []);
  useEffect(() => {
    box.current.style.height = 'auto';
    box.current.style.height = `${box.current.scrollHeight}px`;
  }, [text]);

  const send = () => {
    if (busy || !text.trim()) return;
    conversation.say(text);
    setText('');
  };
  const key = (e) => {
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing || e.keyCode === 229) return;
    e.preventDefault();
    send();
  };
  const hear = () => {
    if (hush) return hush();
    const stop = listen(language, { text: setText, end: (error) => { setHush(null); if (error) announce(t.notHeard); box.current.focus(); } });
    setHush(() => stop);
  };

  return html`<form class="composer" onSubmit=${(e) => { e.preventDefault(); send(); }}>
    <label class="unseen" for="dg-say">${t.say}</label>
    <textarea id="dg-say" ref=${box} rows="1" maxlength=${UTTERANCE_MAX} placeholder=${hush ? t.listening : t.placeholder} value=${text} enterkeyhint="send"
      onInput=${(e) => setText(e.target.value)} onKeyDown=${key} />
    ${listen && html`<button type="button" class=${`icon-button${hush ? ' listening' : ''}`} aria-pressed=${!!hush} aria-label=${t.voiceIn} title=${t.voiceIn} onClick=${hear}><${Icon} name="mic" /></button>`}
    ${busy
      ? html`<button type="button" class="send" aria-label=${t.stop} title=${t.stop} onClick=${() => conversation.stop()}><${Icon} name="stop" /></button>`
      : html`<button type="submit" class="send" aria-label=${t.send} title=${t.send} aria-disabled=${!text.trim()}><${Icon} name="send" /></button>`}
  </form>`;
}
