/**
 * How each strike of a drawn plan is done to a real world: the fault with its moment, the check by SQL once it has hurt,
 * and what must come after it (a new life, healing). Every wait has a limit; what did not happen in time shows in the
 * account of its fault, not here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultPlan } from '../../../chaos/fault.ts';
import type { ProcessorChild } from '../real/processor/processor-child.ts';
import type { RealWorld } from '../real/real-world.ts';
import type { InjectedFault, StartOptions } from '../scenario.ts';
import { faultPlanOf, type ProcessorName, type Strike } from './drawn-plan.ts';

export interface Pipeline {
  readonly world: RealWorld;
  /** Of this plan, in the order of their starts. */
  readonly processors: readonly ProcessorName[];
  /** Throws once the story is over: what is left of a strike starts nobody any more. */
  readonly start: (name: string, options?: StartOptions) => ProcessorChild;
  /** The tables against the topic, now. */
  readonly check: () => Promise<void>;
}

type Of<What extends Strike['what']> = Extract<Strike, { what: What }>;

/** A session, a rebalance and a takeover take seconds; on a machine with other work to do, more. */
const HURTS_WITHIN_MS = 60_000;
const HEALED_WITHIN_MS = 60_000;
const RUNS_WITHIN_MS = 60_000;
const SECOND_OWNER = 'gamma';

/** Resolves when it is over and the pipeline runs again. */
export async function doStrike(strike: Strike, pipeline: Pipeline): Promise<void> {
  const { world } = pipeline;
  const when = { acknowledged: world.recorder.acknowledgedRecords + strike.afterRecords };
  switch (strike.what) {
    case 'fault': {
      // A first takeover may be over before anybody could wait for a moment.
      const moment = strike.lane === 'takeover' ? {} : { when };
      await endured({ ...faultPlanOf(strike), ...moment }, pipeline);
      return;
    }
    case 'pause': {
      const { processor, lastsMs } = strike;
      await endured({ fault: 'processor.pause', processor, lastsMs, when }, pipeline);
      return;
    }
    case 'out-of-files': {
      const { processor, lastsMs } = strike;
      await endured({ fault: 'processor.out-of-files', processor, cut: ['storage'], lastsMs, when }, pipeline);
      return;
    }
    case 'kill':
    case 'stop':
      await restarted(strike, when, pipeline);
      return;
    case 'crash-point':
      await crashed(strike, when, pipeline);
      return;
    case 'reset-group':
      await groupReset(strike, when, pipeline);
      return;
    case 'second-group':
      await secondOwner(strike, when, pipeline);
      return;
    default:
      strike satisfies never;
  }
}

/** Injects, waits for it to hurt, checks, waits for its end. */
async function endured(plan: FaultPlan, pipeline: Pipeline): Promise<void> {
  const fault = pipeline.world.inject(plan);
  if (!(await hurt(fault, pipeline))) return;
  await within(HEALED_WITHIN_MS, fault.healed);
  await pipeline.check();
}

/** Whether it hurt in time; then the tables have been checked. Otherwise it is taken away, so that it hurts nobody later. */
async function hurt(fault: InjectedFault, { check }: Pipeline): Promise<boolean> {
  if (!(await within(HURTS_WITHIN_MS, fault.fired))) {
    await fault.heal();
    return false;
  }
  await check();
  return true;
}

async function restarted(
  { what, processor, damage, restartAfterMs }: Of<'kill' | 'stop'>,
  when: FaultPlan['when'] & object,
  pipeline: Pipeline,
): Promise<void> {
  const { world, start } = pipeline;
  if (!(await hurt(world.inject({ fault: `processor.${what}`, processor, when }), pipeline))) return;
  if (damage !== undefined) await hurt(world.inject({ fault: `checkpoint.${damage}`, processor }), pipeline);
  await world.sleep(restartAfterMs);
  await runsAgain(start(processor));
}

/** Stopped in order, so that what happens at the point is the crash's doing alone. */
async function crashed(
  { processor, point, hit, restartAfterMs }: Of<'crash-point'>,
  when: FaultPlan['when'] & object,
  pipeline: Pipeline,
): Promise<void> {
  const { world, start, check } = pipeline;
  const text = `${processor} kills itself at ${point}, hit ${hit}`;
  const fault = world.faults.planByHand('processor.crash-point', text, { processor, point, hit, when }, processor);
  await acknowledged(when, world);
  await stopOf(processor, world);
  const doomed = start(processor, { settings: { PROVENONCE_CRASH_AT: `${point}:${hit}` } });
  await within(HURTS_WITHIN_MS, doomed.exited);
  if (doomed.running) await doomed.signal('SIGKILL');
  else if ((await doomed.exited).signal === 'SIGKILL') {
    fault.fired();
    await check();
  }
  await world.sleep(restartAfterMs);
  const next = start(processor);
  fault.healed();
  await runsAgain(next);
}

async function groupReset({ to }: Of<'reset-group'>, when: FaultPlan['when'] & object, pipeline: Pipeline) {
  const { world, start, processors } = pipeline;
  await acknowledged(when, world);
  await Promise.all(processors.map((name) => stopOf(name, world)));
  await hurt(world.inject({ fault: 'group.reset', to }), pipeline);
  await Promise.all(processors.map((name) => runsAgain(start(name))));
}

async function secondOwner({ lastsMs }: Of<'second-group'>, when: FaultPlan['when'] & object, pipeline: Pipeline) {
  const { world, start, check } = pipeline;
  const text = `${SECOND_OWNER} owns everything as well, in a group of its own, for ${lastsMs} ms`;
  const fault = world.faults.planByHand('group.second', text, { lastsMs, when }, SECOND_OWNER);
  await acknowledged(when, world);
  const second = start(SECOND_OWNER, { groupId: `${world.topic}-second` });
  const claimed = second.waitFor('takeover.running', RUNS_WITHIN_MS).then(() => fault.fired());
  if (await within(RUNS_WITHIN_MS, claimed)) await check();
  await world.sleep(lastsMs);
  await second.stop();
  fault.healed();
  await check();
}

async function stopOf(name: ProcessorName, world: RealWorld): Promise<void> {
  const running = world.children.findLast((child) => child.name === name && child.running);
  await running?.stop();
}

/** One that gets no partition, or not in time, is no failure: the drain tells whether anybody goes on. */
async function runsAgain(child: ProcessorChild): Promise<void> {
  await within(RUNS_WITHIN_MS, child.waitFor('takeover.running', RUNS_WITHIN_MS));
}

async function acknowledged(when: FaultPlan['when'] & object, world: RealWorld): Promise<void> {
  const wanted = 'acknowledged' in when ? when.acknowledged : 0;
  await world.until(`${wanted} records acknowledged`, HURTS_WITHIN_MS, async () => {
    return world.recorder.acknowledgedRecords >= wanted;
  });
}

/** Whether it was settled well in time. */
async function within(limitMs: number, promise: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => false,
      ),
      sleep(limitMs, false, { signal: over.signal }),
    ]);
  } finally {
    over.abort();
  }
}
