import type { Actors } from '../blocks/actors.js';
import type { ApiRoute } from './api.js';

/** @see https://docs.dapr.io/reference/api/actors_api/ */
export function actorRoutes(actors: Actors): readonly ApiRoute[] {
  void actors;
  return [];
}
