import { createContext, useContext } from '../shared/html.js';

/** What every view of the chat may need: {api, conversation, session, report(kind, product), announce(text), fail(error)}. */
export const Shop = createContext(null);
export const useShop = () => useContext(Shop);
