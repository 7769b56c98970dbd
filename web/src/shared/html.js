/* The one place where the view library is named. Text in templates is always text: nothing from a server, a catalogue or a shopper is
 * ever parsed as HTML or Markdown, so there is nothing to sanitise. */
export { html, render } from 'htm/preact';
export { createContext } from 'preact';
export { useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
