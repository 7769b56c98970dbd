import { html, useEffect, useRef } from '../shared/html.js';
import { useStrings } from '../shared/language.js';
import { Icon } from './icons.js';

/** A modal sheet: the browser's own dialog, which keeps the focus inside, closes on Escape and gives the focus back. */
export function Sheet({ title, onClose, children, kind = '' }) {
  const t = useStrings();
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
    return () => dialog.current && dialog.current.close();
  }, []);
  const aside = (e) => { if (e.target === dialog.current) onClose(); };
  return html`<dialog class=${`sheet ${kind}`} ref=${dialog} aria-label=${title} onClose=${onClose} onClick=${aside}>
    <div class="sheet-inner">
      <header class="sheet-head"><h2>${title}</h2><button type="button" class="icon-button" aria-label=${t.close} onClick=${onClose}><${Icon} name="close" /></button></header>
      ${children}
    </div>
  </dialog>`;
}
