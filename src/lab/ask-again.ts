/** The lab's own questions to the tables, asked again: an emulator under load drops a connection now and then. */
import type { Runtime } from '../base/runtime.ts';
import { CheckFailed } from '../checks/by-sql/assertions.ts';

const QUESTIONS_MAX = 3;
const ASK_AGAIN_MS = 500;

/** What the question yields. A check that failed is an answer: it rejects at once. */
export async function askedAgain<T>(runtime: Pick<Runtime, 'sleep'>, question: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await question();
    } catch (error) {
      if (error instanceof CheckFailed || attempt === QUESTIONS_MAX) throw error;
      await runtime.sleep(ASK_AGAIN_MS);
    }
  }
}
