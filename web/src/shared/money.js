/** "389.00", "CNY" -> "¥389"; what is no plain figure (a price in words) stands as it is. */
export function money(amount, currency, language) {
  if (amount === null || amount === undefined) return '';
  const n = Number(String(amount).replace(/元$/, '')); /* the guide's own carts say "389元" */
  if (!Number.isFinite(n) || amount === '') return String(amount);
  const whole = Number.isInteger(n);
  const locale = language === 'zh' ? 'zh-CN' : 'en';
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency: currency || 'CNY', currencyDisplay: 'narrowSymbol', minimumFractionDigits: whole ? 0 : 2 }).format(n);
  } catch {
    return `${amount} ${currency}`; /* no such currency */
  }
}
