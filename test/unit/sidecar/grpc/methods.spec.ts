import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprDefinition } from '../../../../lib/protocol/proto/generated/dapr.js';
import { startEngine } from '../../../../lib/sidecar/embedded.js';
import type { Engine } from '../../../../lib/sidecar/engine.js';
import type { GrpcMethods } from '../../../../lib/sidecar/grpc/api.js';
import { invocationMethods } from '../../../../lib/sidecar/grpc/invocation.js';
import { metadataMethods } from '../../../../lib/sidecar/grpc/metadata.js';
import { shutdownMethods } from '../../../../lib/sidecar/grpc/shutdown.js';

const NAMES = Object.keys(
  DaprDefinition.methods,
) as (keyof typeof DaprDefinition.methods)[];

describe("the embedded sidecar's gRPC API", () => {
  let engine: Engine;
  let methods: GrpcMethods;

  beforeAll(async () => {
    engine = await startEngine();
    const never = (): never => {
      throw new Error('nobody calls');
    };
    methods = {
      ...engine.grpcMethods,
      ...invocationMethods(engine.invocations, never),
      ...metadataMethods(never, new Map()),
      ...shutdownMethods(never),
    };
  });
  afterAll(() => engine.close());

  it('has each method of the service', () => {
    expect(Object.keys(methods).toSorted()).toEqual(NAMES.toSorted());
  });

  it('answers what has two names by one handler', () => {
    const older = NAMES.filter((name) => name.endsWith('Alpha1'));
    const twins = older.flatMap((name) =>
      NAMES.filter(
        (other) =>
          other === name.replace(/Alpha1$/, '') ||
          other === name.replace(/WorkflowAlpha1$/, 'WorkflowBeta1'),
      )
        .filter((other) => other !== name)
        .map((other) => [name, other] as const),
    );
    expect(twins).toHaveLength(16);
    for (const [name, other] of twins)
      expect(methods[name]).toBe(methods[other]);
  });
});
