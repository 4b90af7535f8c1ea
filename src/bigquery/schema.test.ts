import { expect, test } from 'vitest';
import { systemRuntime } from '../runtime/system-runtime.ts';
import { RestError, type RestRequest } from './rest-client.ts';
import { isSchemaThere } from './schema.ts';
import { DEFAULT_SINK_LIMITS } from './sink-limits.ts';

async function lookedFor(answer: (request: RestRequest) => unknown) {
  const asked: string[] = [];
  const rest = {
    location: undefined,
    request: async <T>(request: RestRequest): Promise<T> => {
      asked.push(request.method);
      return answer(request) as T;
    },
  };
  const dataset = { projectId: 'p', dataset: 'd' };
  const isThere = await isSchemaThere({ dataset, rest, runtime: systemRuntime, limits: DEFAULT_SINK_LIMITS });
  return { isThere, asked };
}

function refusing(status: number, reason: string): () => never {
  return () => {
    throw new RestError('no', status, reason);
  };
}

test('the schema is there where its last view can be read', async () => {
  const { isThere, asked } = await lookedFor(() => ({
    status: { state: 'DONE' },
    ...{ jobComplete: true, totalRows: '0', schema: { fields: [{ name: 'topic', type: 'STRING' }] } },
  }));
  expect(isThere).toBe(true);
  expect(asked).toEqual(['POST', 'GET']);
});

test('a view that is missing, or a service that is away, is no schema, after one attempt', async () => {
  expect(await lookedFor(refusing(404, 'notFound'))).toEqual({ isThere: false, asked: ['POST'] });
  expect(await lookedFor(() => ({}))).toEqual({ isThere: false, asked: ['POST'] });
  expect(await lookedFor(refusing(503, 'backendError'))).toEqual({ isThere: false, asked: ['POST'] });
});
