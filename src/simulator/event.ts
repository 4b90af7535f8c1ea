/** One payment of the simulation and its JSON. Everything is drawn from the seed; amounts are exact decimal strings. */
import { partitionOfKey } from './partitioner.ts';
import type { SimulationPlan } from './plan.ts';
import type { Random } from './random.ts';

export interface SimulatedPayment {
  readonly transactionId: string;
  readonly sender: string;
  readonly receiver: string;
  /** Decimal without trailing zeros, as `12.5`. */
  readonly amount: string;
  /** Whether the JSON carries the amount as a number. */
  readonly amountAsNumber: boolean;
  readonly currency: string;
  readonly device: string;
  readonly ip: string;
  readonly eventTimeMs: number;
  readonly region: string;
  readonly method: string;
}

export interface Account {
  readonly id: string;
  readonly partition: number;
}

const METHODS = ['card', 'bank_transfer', 'wallet', 'upi'] as const;
const SAFE_NUMBER_LENGTH = 14;

export function makeAccounts(plan: SimulationPlan): Account[] {
  return Array.from({ length: plan.accounts }, (_, index) => {
    const id = `acct-${String(index).padStart(7, '0')}`;
    return { id, partition: partitionOfKey(id, plan.partitions) };
  });
}

/** Draws the sender: one of the hot accounts (the first ones), or any. */
export function drawAccount(plan: SimulationPlan, accounts: readonly Account[], random: Random): Account {
  const among = random.chance(plan.hotShare) ? plan.hotAccounts : accounts.length;
  return accounts[random.below(among)]!;
}

export function drawPayment(
  plan: SimulationPlan,
  random: Random,
  accounts: readonly Account[],
  facts: { seq: number; sender: Account; eventTimeMs: number },
): SimulatedPayment {
  const amount = drawAmount(random);
  return {
    transactionId: `${plan.idPrefix}-${String(facts.seq).padStart(9, '0')}`,
    sender: facts.sender.id,
    receiver: accounts[random.below(accounts.length)]!.id,
    amount,
    amountAsNumber: amount.length <= SAFE_NUMBER_LENGTH && random.chance(0.7),
    currency: plan.currencies[random.below(plan.currencies.length)]!,
    device: `dev-${facts.sender.id}-${random.below(plan.devicesPerAccount)}`,
    ip: `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
    eventTimeMs: facts.eventTimeMs,
    region: plan.regions[random.below(plan.regions.length)]!,
    method: METHODS[random.below(METHODS.length)]!,
  };
}

/** Mostly two decimals, every order of magnitude up to 10,000; one in twenty uses all nine decimals. */
function drawAmount(random: Random): string {
  const whole = random.below(10 ** (1 + random.below(4)));
  const places = random.chance(0.05) ? 9 : 2;
  const fraction = 1 + random.below(10 ** places - 1);
  return trimDecimal(`${whole}.${String(fraction).padStart(places, '0')}`);
}

/** A different amount with the same precision. */
export function anotherAmount(amount: string): string {
  const [whole, fraction] = amount.split('.');
  const more = String(Number(whole) + 1);
  return fraction === undefined ? more : `${more}.${fraction}`;
}

/** `respelled`: the same payment with trailing zeros in the amount and the fields in another order. */
export function encodePayment(payment: SimulatedPayment, respelled = false): string {
  const amount = respelled ? `"${padDecimal(payment.amount)}"` : plainAmount(payment);
  const head = `"transaction_id":"${payment.transactionId}","sender_account_id":"${payment.sender}"`;
  const tail =
    `"receiver_account_id":"${payment.receiver}","amount":${amount},"currency":"${payment.currency}",` +
    `"device_id":"${payment.device}","ip_address":"${payment.ip}","timestamp":${payment.eventTimeMs},` +
    `"region":"${payment.region}","payment_method":"${payment.method}"`;
  return respelled ? `{${tail},${head}}` : `{${head},${tail}}`;
}

function plainAmount(payment: SimulatedPayment): string {
  return payment.amountAsNumber ? payment.amount : `"${payment.amount}"`;
}

function padDecimal(amount: string): string {
  const [whole, fraction = ''] = amount.split('.');
  return `${whole}.${fraction.padEnd(9, '0')}`;
}

function trimDecimal(amount: string): string {
  return amount.replace(/\.?0+$/, '');
}
