/**
 * One AppendRows call of the simulated service. It has two FIFO queues: requests in flight and answers in flight.
 * Invariant: each pending event takes the head of its queue, so latencies cannot reorder the messages of a call.
 */
import {
  type AppendAnswer,
  type AppendCall,
  type AppendCallHandlers,
  type AppendRequest,
  GRPC_STATUS,
  RpcError,
} from '../../../sinks/bigquery/write/write-rpc.ts';
import type { AnswerEffect } from '../case/answers.ts';
import { latencyMs } from '../world/context.ts';
import type { Injected } from '../world/fault-injector.ts';
import type { Life } from '../world/life.ts';
import type { SimPayload } from './sim-encoder.ts';
import type { AppendOutcome, SimStream } from './sim-tables.ts';
import { refusal, type SimWriteService, serviceDown, shortName } from './sim-write-service.ts';

interface Sent {
  readonly request: AppendRequest;
  readonly injected: Injected | undefined;
}

const BUFFERED_REQUESTS = 4;
/** The service refuses the append with an answer, and stores nothing. */
const IN_BAND: readonly AnswerEffect[] = ['unavailable', 'aborted', 'internal', 'resource_exhausted', 'append_refused'];
/** Rows land, and the client gets no acknowledgement. */
const LOSES_ANSWER: readonly AnswerEffect[] = ['lost_after', 'silent_after', 'internal_after', 'empty'];
const SAYS_NOTHING: AppendAnswer = { acknowledged: false, rowErrors: [] };
/** The service closes a connection that was idle for this long. */
const IDLE_MS = 600_000;

export class SimAppendCall implements AppendCall {
  readonly #life: Life;
  readonly #service: SimWriteService;
  readonly #streamName: string;
  readonly #handlers: AppendCallHandlers;
  readonly #onOver: () => void;
  readonly #requests: Sent[] = [];
  readonly #answers: (AppendAnswer | 'end')[] = [];
  #sentAny = false;
  #halfClosed = false;
  /** The client side is over: no further answer is delivered. */
  #over = false;
  /** The service side is over: requests that still arrive are dropped. */
  #serverOver = false;
  /** Further answers are lost, and the client gets no error. */
  #mute = false;
  #unanswered = 0;
  #lastArrivalMs = 0;
  #lastAnswerMs = 0;

  constructor(
    life: Life,
    service: SimWriteService,
    streamName: string,
    handlers: AppendCallHandlers,
    onOver: () => void,
  ) {
    this.#life = life;
    this.#service = service;
    this.#streamName = streamName;
    this.#handlers = handlers;
    this.#onOver = onOver;
    this.#lastArrivalMs = life.context.scheduler.nowMs;
  }

  write(request: AppendRequest): boolean {
    const { context, process } = this.#life;
    if (this.#life.dead || this.#over || this.#halfClosed) return false;
    const { scheduler } = context;
    const injected = context.faults.request('append', process);
    if (this.#life.dead) return false;
    const idle = scheduler.nowMs - Math.max(this.#lastArrivalMs, this.#lastAnswerMs) > IDLE_MS;
    if (idle && this.#unanswered === 0) {
      this.#end(new RpcError(GRPC_STATUS.ABORTED, 'Closing the stream because of inactivity for 600 seconds'));
      return false;
    }
    if (!request.withSchema && !this.#sentAny)
      throw new RangeError('the first request of a call must carry the schema');
    this.#sentAny = true;
    this.#unanswered++;
    this.#requests.push({ request, injected });
    const delayMs = latencyMs(context) + (injected?.effect === 'late' ? injected.delayMs : 0);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, scheduler.nowMs + delayMs);
    scheduler.after(this.#lastArrivalMs - scheduler.nowMs, () => this.#arrive());
    return this.#unanswered < BUFFERED_REQUESTS;
  }

  end(): void {
    if (this.#halfClosed || this.#over) return;
    this.#halfClosed = true;
    if (this.#unanswered === 0) this.#answer('end', 0);
  }

  cancel(): void {
    if (this.#over || this.#life.dead) return;
    this.abandon();
    const { scheduler } = this.#life.context;
    scheduler.after(0, () =>
      this.#life.deliver(() => this.#handlers.onEnd(new RpcError(GRPC_STATUS.CANCELLED, 'cancelled'))),
    );
  }

  /** The client is gone (cancelled, or its process died): the first few requests in flight still arrive, or none. */
  abandon(): void {
    if (this.#over) return;
    if (this.#life.dead && this.#unanswered > 0) this.#life.context.marks.hit('crash_with_rows_in_flight');
    this.#over = true;
    this.#onOver();
    this.#dropSomeRequests();
  }

  /** At the service: the request at the head of the queue. */
  #arrive(): void {
    const sent = this.#requests.shift();
    if (sent === undefined || this.#serverOver) return;
    const down = serviceDown(this.#life.context, this.#service);
    const effect = sent.injected?.effect;
    if (down !== undefined) this.#end(down);
    else if (effect === 'lost_before') this.#end(new RpcError(GRPC_STATUS.UNAVAILABLE, 'injected: connection lost'));
    // The way to the service is cut and the client gets no error: no later request of this call arrives.
    else if (effect === 'silent_before') this.#serverOver = true;
    else if (effect === 'not_found') this.#end(refusal(effect)!);
    else if (effect === 'rows_refused') this.#answer(refusedRow(), 0);
    else if (effect !== undefined && IN_BAND.includes(effect)) this.#answer(refusedAnswer(refusal(effect)!), 0);
    else this.#takeRows(sent.request, effect);
  }

  #takeRows(request: AppendRequest, effect: AnswerEffect | undefined): void {
    const stream = this.#service.tables.streams.get(request.writeStream);
    if (stream === undefined || stream.status === 'lost') {
      this.#life.context.marks.hit('append_to_lost_stream');
      const text = `Requested entity was not found. Stream: ${this.#streamName}`;
      this.#end(new RpcError(GRPC_STATUS.NOT_FOUND, text));
      return;
    }
    const outcome = this.#append(stream, request, effect);
    if (effect === 'lost_after') {
      this.#end(new RpcError(GRPC_STATUS.UNAVAILABLE, 'injected: answer lost'));
      return;
    }
    if (effect === 'silent_after') this.#mute = true;
    const whole = effect === 'internal_after' ? refusedAnswer(refusal(effect)!) : this.#describe(outcome, request);
    const answer = effect === 'empty' ? SAYS_NOTHING : whole;
    this.#answer(answer, 'answerAtMs' in outcome ? outcome.answerAtMs : 0);
  }

  #append(stream: SimStream, { offset, payload }: AppendRequest, effect: AnswerEffect | undefined): AppendOutcome {
    const rows = payload as SimPayload;
    const outcome = this.#service.tables.append(stream, offset, rows);
    this.#noteMarks(outcome, effect);
    const { trace } = this.#life.context;
    trace.add(
      'bigquery',
      `append ${shortName(stream.name)}@${offset}+${rows.rows.length} by ${this.#life.process}: ${outcome.kind}`,
    );
    return outcome;
  }

  #noteMarks(outcome: AppendOutcome, effect: AnswerEffect | undefined): void {
    const { marks, scheduler } = this.#life.context;
    if (outcome.kind === 'finalized') {
      marks.hit('append_refused_by_finalize');
      if (this.#life.wasPaused) marks.hit('zombie_append_refused');
    } else if (outcome.kind === 'already_exists') marks.hit('append_found_already_there');
    else if (outcome.kind === 'out_of_range') marks.hit('append_out_of_order_refused');
    else if (outcome.kind === 'appended') {
      if (effect !== undefined && LOSES_ANSWER.includes(effect)) marks.hit('ack_lost_after_append');
      if (outcome.answerAtMs > scheduler.nowMs) marks.hit('rows_seen_late');
    }
  }

  #describe(outcome: AppendOutcome, { offset }: AppendRequest): AppendAnswer {
    const entity = `Entity: ${this.#streamName}`;
    switch (outcome.kind) {
      case 'appended':
        return { offset, acknowledged: true, rowErrors: [] };
      case 'already_exists': {
        const text = `The offset is within stream, expected offset ${outcome.expected}, received ${offset} ${entity}`;
        return refusedAnswer(new RpcError(GRPC_STATUS.ALREADY_EXISTS, text, 'OFFSET_ALREADY_EXISTS'));
      }
      case 'out_of_range': {
        const text = `The offset is beyond stream, expected offset ${outcome.expected}, received ${offset} ${entity}`;
        return refusedAnswer(new RpcError(GRPC_STATUS.OUT_OF_RANGE, text, 'OFFSET_OUT_OF_RANGE'));
      }
      default:
        return refusedAnswer(
          this.#service.dialect === 'service'
            ? new RpcError(GRPC_STATUS.INVALID_ARGUMENT, `Stream has been finalized. ${entity}`, 'STREAM_FINALIZED')
            : new RpcError(GRPC_STATUS.FAILED_PRECONDITION, 'Stream is FINALIZED; no further appends are accepted'),
        );
    }
  }

  #answer(answer: AppendAnswer | 'end', notBeforeMs: number): void {
    if (this.#over || this.#mute) return;
    const { context } = this.#life;
    this.#answers.push(answer);
    const atMs = Math.max(context.scheduler.nowMs + latencyMs(context), notBeforeMs, this.#lastAnswerMs);
    this.#lastAnswerMs = atMs;
    context.scheduler.after(atMs - context.scheduler.nowMs, () => {
      const head = this.#answers.shift();
      this.#life.deliver(() => this.#deliver(head));
    });
  }

  #deliver(answer: AppendAnswer | 'end' | undefined): void {
    if (this.#over || answer === undefined) return;
    if (answer === 'end') {
      this.#finish();
      this.#handlers.onEnd(undefined);
      return;
    }
    this.#unanswered--;
    this.#handlers.onAnswer(answer);
    if (this.#halfClosed && this.#unanswered === 0) this.#answer('end', 0);
  }

  /** The connection breaks now. The client learns it a moment later, after the answers in flight or instead of them. */
  #end(error: RpcError): void {
    if (this.#serverOver) return;
    this.#serverOver = true;
    const { context } = this.#life;
    context.scheduler.after(latencyMs(context), () =>
      this.#life.deliver(() => {
        if (this.#over) return;
        this.#finish();
        this.#handlers.onEnd(error);
      }),
    );
  }

  #finish(): void {
    this.#over = true;
    this.#serverOver = true;
    this.#onOver();
  }

  #dropSomeRequests(): void {
    this.#requests.length = this.#life.context.rng.between(0, this.#requests.length);
  }
}

function refusedAnswer(error: RpcError): AppendAnswer {
  return { acknowledged: false, error, rowErrors: [] };
}

function refusedRow(): AppendAnswer {
  const error = new RpcError(GRPC_STATUS.INVALID_ARGUMENT, 'Errors found while processing rows. See rowErrors.');
  return { acknowledged: false, error, rowErrors: [{ index: 0, message: 'injected: the row is refused' }] };
}
