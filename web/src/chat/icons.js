import { html } from '../shared/html.js';

/* Line drawings on a 24 grid; decoration only, so hidden from screen readers. */
const paths = {
  send: 'M5 12h13M12.5 6.5 18 12l-5.5 5.5',
  stop: 'M8 8h8v8H8z',
  mic: 'M12 4a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0v-5A2.5 2.5 0 0 1 12 4ZM6.5 11.5a5.5 5.5 0 0 0 11 0M12 17v3',
  speak: 'M5 10v4h3l4 3.5v-11L8 10H5ZM15.5 9.5a3.5 3.5 0 0 1 0 5M17.8 7a7 7 0 0 1 0 10',
  up: 'M8 11v8H5v-8h3Zm0 0 3.5-6.5c1.4 0 2.2 1 2 2.3L13 10h5.2c1 0 1.7.9 1.5 1.9l-1.2 5.6c-.2.9-1 1.5-1.9 1.5H8',
  down: 'M8 13V5H5v8h3Zm0 0 3.5 6.5c1.4 0 2.2-1 2-2.3L13 14h5.2c1 0 1.7-.9 1.5-1.9l-1.2-5.6c-.2-.9-1-1.5-1.9-1.5H8',
  basket: 'M4 10h16l-1.6 8.2a1.5 1.5 0 0 1-1.5 1.3H7.1a1.5 1.5 0 0 1-1.5-1.3L4 10Zm4 0 3-5.5m5 5.5-3-5.5M10 13.5v3m4-3v3',
  close: 'M6.5 6.5l11 11m0-11-11 11',
  again: 'M18.5 9A7 7 0 1 0 19 13M18.8 4.8V9h-4.2',
  check: 'M5.5 12.5l4.2 4.2L18.5 8',
  plus: 'M12 6v12M6 12h12',
  minus: 'M6 12h12',
  sun: 'M12 8.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6ZM12 3.2v1.6m0 14.4v1.6M3.2 12h1.6m14.4 0h1.6M5.8 5.8l1.1 1.1m10.2 10.2 1.1 1.1m0-12.4-1.1 1.1M6.9 17.1l-1.1 1.1',
  moon: 'M19 14.2A7.5 7.5 0 0 1 9.8 5a7.5 7.5 0 1 0 9.2 9.2Z',
  new: 'M5 19h4l9.3-9.3a1.8 1.8 0 0 0 0-2.6l-1.4-1.4a1.8 1.8 0 0 0-2.6 0L5 15v4Zm8-12 4 4',
};

export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${paths[name]} /></svg>`;

/** The mark of the house: a seal with a path that leads through it. */
export const Seal = () => html`<svg class="seal" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
  <path class="seal-ground" d="M5.5 4.6C12 3.4 28 3.2 34.6 4.7c1 6.6 1.2 23.6.2 30.5-7 1-22.4 1.2-29.4 0C4.2 28.6 4.4 11 5.5 4.6Z" />
  <path class="seal-line" d="M11.5 11.5h17v6h-17v-6Zm0 6v1.6c0 1.2.7 1.9 2 1.9h15M9.5 25h21M24.5 22v7.6c0 1.2-.6 1.8-2.2 1.6M14.5 27.6l2.4 2.6" />
</svg>`;
