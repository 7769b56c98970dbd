/** What the guide says, without the line that names a quote's file: the page has the source below. @param {{text: string, reply: any}} turn */
export function wordsOf(turn) {
  const quotes = (turn.reply && turn.reply.answer && turn.reply.answer.quotes) || [];
  const names = (line) => quotes.some((q) => q.document && line.includes(`${q.document}#`) && /^—/.test(line));
  return turn.text.split('\n').filter((line) => !names(line)).join('\n').trim();
}
