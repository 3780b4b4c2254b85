/** Currencies with the digits behind their point and an invented, fixed rate: how many of them one US dollar is. */
export const currencies = Object.freeze({
  ARS: { digits: 2, perDollar: 1_000 },
  BRL: { digits: 2, perDollar: 5 },
  CLP: { digits: 0, perDollar: 950 },
  COP: { digits: 2, perDollar: 4_000 },
  MXN: { digits: 2, perDollar: 18 },
  PEN: { digits: 2, perDollar: 3.75 },
  USD: { digits: 2, perDollar: 1 },
});

export type Currency = keyof typeof currencies;

export function isCurrency(symbol: string): symbol is Currency {
  return Object.hasOwn(currencies, symbol);
}

/** How many `to` one `from` buys. */
export function exchangeRate(from: Currency, to: Currency): number {
  return currencies[to].perDollar / currencies[from].perDollar;
}

/** Both amounts of an exchange from the one that is known, rounded to the currency's digits. */
export function exchange(pair: {
  from: Currency;
  to: Currency;
  amountIn?: number | undefined;
  amountOut?: number | undefined;
}): {
  amountIn: number;
  amountOut: number;
} {
  const rate = exchangeRate(pair.from, pair.to);
  const amountIn = pair.amountIn ?? round((pair.amountOut ?? 0) / rate, pair.from);
  return { amountIn, amountOut: pair.amountOut ?? round(amountIn * rate, pair.to) };
}

function round(amount: number, currency: Currency): number {
  return Number(amount.toFixed(currencies[currency].digits));
}
