/**
 * One call through the GrpcProxy. Answers of a write call come in the order of its requests, so the i-th answer belongs to
 * the i-th request that is still to be answered; a refused request takes its turn in that order.
 */
import type { ClientDuplexStream, ServerDuplexStream, StatusObject } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { MeantFault } from './answer-rules.ts';
import { appendError } from './grpc-append-error.ts';
import type { GrpcFault } from './grpc-fault.ts';
import { resetStream } from './grpc-reset.ts';

export interface GrpcPassageOptions {
  readonly incoming: ServerDuplexStream<Buffer, Buffer>;
  readonly outgoing: ClientDuplexStream<Buffer, Buffer>;
  readonly faultFor: (request: Buffer) => MeantFault<GrpcFault> | undefined;
  /** Added to. */
  readonly counts: { answersLost: number; requestsRefused: number; answersHeld: number; streamsReset: number };
  /** A TCP reset of the connection that the call came over. */
  readonly resetConnection: () => void;
  readonly onEnd: () => void;
}

type Refusal = Extract<GrpcFault, { kind: 'refuse' | 'refuse-in-band' }>;

/** A request that was not answered yet. */
interface Turn {
  readonly meant: MeantFault<GrpcFault> | undefined;
  /** Set where the service never heard of it. */
  readonly refusal: Refusal | undefined;
}

export class GrpcPassage {
  readonly #options: GrpcPassageOptions;
  readonly #turns: Turn[] = [];
  #over = false;
  #silent = false;
  /** Answers go out one after the other, those that are held included. */
  #lastOut: Promise<void> = Promise.resolve();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: GrpcPassageOptions) {
    this.#options = options;
    const { incoming, outgoing } = options;
    incoming.on('data', (request: Buffer) => this.#onRequest(request));
    incoming.on('end', () => outgoing.end());
    incoming.on('cancelled', () => this.#end(undefined));
    incoming.on('error', () => this.#end(undefined));
    outgoing.on('data', (answer: Buffer) => this.#onAnswer(answer));
    outgoing.on('error', () => {}); // its status says it
    outgoing.on('status', (ended: StatusObject) => this.#out(() => this.#onStatus(ended)));
  }

  #onRequest(request: Buffer): void {
    if (this.#over) return;
    const meant = this.#options.faultFor(request);
    const refusal = meant !== undefined && isRefusal(meant.fault) ? meant.fault : undefined;
    this.#turns.push({ meant, refusal });
    if (refusal !== undefined) {
      this.#options.counts.requestsRefused++;
      this.#giveRefusals();
      return;
    }
    // The service's pace is the client's.
    if (!this.#options.outgoing.write(request)) {
      this.#options.incoming.pause();
      this.#options.outgoing.once('drain', () => this.#options.incoming.resume());
    }
    if (meant?.fault.kind === 'reset' && meant.fault.at === 'asked') {
      this.#turns.pop();
      meant.hit();
      this.#reset(meant.fault);
    }
  }

  #onAnswer(answer: Buffer): void {
    const { counts, incoming } = this.#options;
    const { meant } = this.#turns.shift() ?? {};
    const fault = meant?.fault;
    if (this.#over || this.#silent) {
      meant?.missed();
      return;
    }
    if (fault?.kind === 'swallow-answers') {
      this.#silent = true;
      counts.answersLost++;
    } else if (fault?.kind === 'lose-answer') {
      counts.answersLost++;
      this.#out(() => this.#end({ code: fault.code, details: 'injected: the answer was lost' }));
    } else if (fault?.kind === 'reset') {
      counts.answersLost++;
      this.#out(() => this.#reset(fault));
    } else {
      if (fault?.kind === 'hold-answer') {
        counts.answersHeld++;
        this.#out(() => this.#held(fault.delayMs));
      }
      this.#out(() => void incoming.write(answer));
    }
    meant?.hit();
    this.#giveRefusals();
  }

  /** Refused requests whose turn it is. */
  #giveRefusals(): void {
    for (let next = this.#turns[0]; next?.refusal !== undefined; next = this.#turns[0]) {
      const { refusal, meant } = next;
      this.#turns.shift();
      const { code, message, kind } = refusal;
      if (kind === 'refuse-in-band') this.#out(() => void this.#options.incoming.write(appendError(code, message)));
      else this.#out(() => this.#end({ code, details: message }));
      meant?.hit();
    }
  }

  #onStatus({ code, details }: StatusObject): void {
    if (this.#silent) return; // a lost answer stays lost
    this.#end(code === status.OK ? null : { code, details });
  }

  /** Null: in order. Undefined: the client is gone. */
  #end(ended: { readonly code: number; readonly details: string } | null | undefined): void {
    if (this.#over) return;
    this.#close();
    const { incoming, outgoing, onEnd } = this.#options;
    if (ended === null) incoming.end();
    else if (ended !== undefined) incoming.emit('error', ended);
    outgoing.cancel();
    onEnd();
  }

  /** The client's side is gone at once; the service is left with what it has and is asked nothing more. */
  #reset({ what }: Extract<GrpcFault, { kind: 'reset' }>): void {
    const { incoming, outgoing, counts, onEnd } = this.#options;
    this.#close();
    counts.streamsReset++;
    if (what === 'connection') this.#options.resetConnection();
    else resetStream(incoming, what);
    outgoing.once('status', onEnd);
    outgoing.end();
  }

  #close(): void {
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    // Requests of this call that will not be answered.
    for (const { meant } of this.#turns.splice(0)) meant?.missed();
  }

  #out(act: () => void | Promise<void>): void {
    this.#lastOut = this.#lastOut.then(() => (this.#over ? undefined : act()));
  }

  #held(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, delayMs);
      this.#timers.add(timer);
    });
  }
}

function isRefusal(fault: GrpcFault): fault is Refusal {
  return fault.kind === 'refuse' || fault.kind === 'refuse-in-band';
}
