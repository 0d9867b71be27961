/** The verb of a service invocation. The names and values are those of `@dapr/dapr`. */
export const HttpMethod = {
  GET: 'get',
  HEAD: 'head',
  DELETE: 'delete',
  OPTIONS: 'options',
  POST: 'post',
  PUT: 'put',
  PATCH: 'patch',
} as const;

export type HttpMethod = (typeof HttpMethod)[keyof typeof HttpMethod];
