import { Refusal } from '../refusal.js';
import { ApiError } from './api.js';

/** Runs `work`; a refusal becomes the HTTP API's answer. */
export function orRefused<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Refusal ? apiErrorOf(error) : error;
  }
}

export function apiErrorOf(refusal: Refusal): ApiError {
  const { status, errorCode, message, details } = refusal;
  return new ApiError(status, errorCode, message, details);
}
