/** Errors as kafkajs throws them. */
export function kafkaError(type: string, message: string): Error {
  return Object.assign(new Error(message), { name: 'KafkaJSProtocolError', type });
}

export const connectionRefused = Object.assign(new Error('connect ECONNREFUSED'), {
  name: 'KafkaJSConnectionError',
  code: 'ECONNREFUSED',
});
