/**
 * How many decimals the minor unit of a currency has. Typed in from ISO 4217, list one, as published on 2024-06-25
 * (six-group.com, "List one (XML)"): the codes with an exponent other than 2, those without any ("N.A."), and all others.
 * The fold has its table from a library: a code that only one of the two knows is a difference that a test finds.
 */
const NONE = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF';
const THREE = 'BHD IQD JOD KWD LYD OMR TND';
const FOUR = 'CLF UYW';
/** Metals, funds, units of account, tests: listed with "N.A." for the minor unit. */
const WITHOUT_EXPONENT = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX';
const TWO =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW ' +
  'CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ' +
  'ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR ' +
  'MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN ' +
  'SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWG';

const EXPONENTS: ReadonlyMap<string, number | null> = new Map(
  (
    [
      [NONE, 0],
      [TWO, 2],
      [THREE, 3],
      [FOUR, 4],
      [WITHOUT_EXPONENT, null],
    ] as const
  ).flatMap(([codes, exponent]) => codes.split(' ').map((code) => [code, exponent] as const)),
);

/** Null where the standard does not list the code, or lists it without an exponent. */
export function minorUnitsOf(currency: string): number | null {
  return EXPONENTS.get(currency) ?? null;
}

/** Every code that is listed, with or without an exponent. */
export function listedCurrencies(): readonly string[] {
  return [...EXPONENTS.keys()].sort();
}
