import { frozenTable } from './frozen-table.ts';

/**
 * The currencies and funds of ISO 4217 that are in use, each with its exponent: how many decimals its minor unit is. Metals,
 * drawing rights and test codes have none, and are left out.
 */
export const CURRENCIES: Readonly<Record<string, number>> = frozenTable({
  ...rows(
    2,
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW',
    'CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF',
    'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK',
    'MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP',
    'SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG',
    'YER ZAR ZMW ZWG',
  ),
  ...rows(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...rows(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...rows(4, 'CLF UYW'),
});

function rows(exponent: number, ...lines: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    lines
      .join(' ')
      .split(' ')
      .map((code) => [code, exponent]),
  );
}
