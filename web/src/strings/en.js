/* Every word of the chat and the console in English; zh.js has the same keys, which a test holds to. */
import console_ from './console_en.js';

const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

export default {
  code: 'en', other: '中文', otherCode: 'zh',
  guide: 'shopping guide', talk: 'Conversation', you: 'You said:', close: 'Close', counter: 'Your wishes and your cart', products: 'Products that fit',
  say: 'Say what you are looking for', placeholder: 'A budget, a colour, who it is for…', send: 'Send', stop: 'Stop',
  theme: 'Dark appearance', startNew: 'Start again (erases this conversation)', erased: 'This conversation has been erased.',
  welcome: 'What are you looking for?', welcomeLead: 'Say it in your own words: a budget, what it is for, who it is for, what it must not be. I go by the shop’s own records, and say nothing they do not.',
  shelves: 'Or have a look around', lookingFor: (kind) => `I'd like to see ${kind.toLowerCase()}`,
  promises: ['Only what the records say', 'Every discount shown in figures', 'Your conditions always hold'],
  turn: (n) => `Turn ${n}`,
  working: { read: 'Listening…', match: 'Looking along the shelves…', ask: 'Thinking what to ask you…', write: 'Writing…', check: 'Checking each sentence against the records…', moderate: 'Reading it once more…' },
  stopped: 'Stopped.', retry: 'Try again',
  fitting: (n, shown) => `${count(n, 'product fits', 'products fit')} in all; here are ${shown}. Say “show me more” for the others.`,
  priceNow: 'Price', priceBefore: 'before', priceUnknown: 'No price given', number: 'Number',
  why: 'Why this?', whyOf: (title) => `Why ${title}?`, add: 'Add', addOf: (title) => `Add ${title} to the cart`, added: (title) => `Added to the cart: ${title}`,
  whyTitle: 'Why this one?', whyReasons: 'How it meets what you said', whyClaims: 'What was said, and where it stands', whyNoClaims: 'This turn said nothing more about it.',
  said: 'Said', field: 'Field', record: 'In the record', whyScores: 'Scores it was ranked by', fit: 'Fit (0–1)', whyStages: 'Time of each stage', ms: (v) => `${Math.round(v)} ms`,
  whyFoot: 'Each sentence comes from the product’s record. What is not in it is not said.',
  fields: { title: 'Name', price: 'Price', list_price: 'Earlier price', 'list_price - price': 'Earlier price less price', description: 'Description', brand: 'Brand', category: 'Category', colour: 'Colour', stock: 'Stock' },
  scores: { bm25: 'Words that match', coverage: 'Share of your words found', title_coverage: '… of them in the title', last_word: 'The word that matters', adjacent: 'Words side by side', numbers: 'Figures that agree', length: 'Length', soft: 'Preferences', vector: 'Close in meaning', match: 'The model’s judgement', promotion: 'Offers' },
  stages: { retrieve: 'Finding', rerank: 'Ranking', explain: 'Explaining', read: 'Understanding', all: 'In all', write: 'Writing', questions: 'Choosing a question' },
  choices: 'Possible answers', any: 'Any', pieces: (n) => count(n, 'product', 'products'),
  comparison: 'Comparison', silent: 'not said', sources: 'From:',
  cart: 'Cart', cartWith: (n) => (n ? `Cart, ${count(n, 'piece', 'pieces')}` : 'Cart, empty'), cartEmpty: 'Nothing yet. Press “Add” on a product, or say “put the second one in my cart”.',
  quantity: 'Quantity', fewer: (title) => `One fewer: ${title}`, more: (title) => `One more: ${title}`, before: 'Before offers', total: 'Total', arithmetic: 'How the offers were computed',
  notExact: 'There were too many combinations of offers to compare them all: this one is computed correctly, but may not be the cheapest.',
  notes: 'What I have noted', not: (what) => `not ${what}`,
  good: 'Helpful', bad: 'Not helpful', whatWrong: 'What was wrong?', wrongReasons: { 'does not fit': 'Does not fit', 'not true': 'Not true', unclear: 'Unclear', other: 'Something else' }, thanks: 'Thank you, noted.',
  voiceIn: 'Speak', listening: 'Listening…', notHeard: 'I did not catch that. Please say it again, or type.', voiceOut: 'Read aloud',
  open: 'Open the shopping guide', opened: 'The shopping guide is open',
  errors: {
    unreachable: 'The shop cannot be reached right now. What you said is not lost: check the network and try again.', server: 'Something went wrong in the shop; it is not your fault. Please try again.', busy: 'The shop is busy. Please try again in a moment.',
    wait: 'That was a little fast. Please try again in a moment.', waitS: (s) => `That was a little fast. Please try again in ${count(s, 'second', 'seconds')}.`, forbidden: 'This needs the shop’s permission.',
  },
  console: console_,
};
