import fc from 'fast-check';

/** What one call of an actor does, step by step. */
export interface Script {
  /** Of its own in the whole run. */
  readonly name: string;
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'append'; readonly token: string }
  | { readonly kind: 'remind'; readonly name: string }
  | { readonly kind: 'throw' }
  | {
      readonly kind: 'call';
      readonly actor: ActorIndex;
      readonly script: Script;
      readonly isCaught: boolean;
    }
  /** Calls that are made at once; what becomes of them does not matter to the caller. */
  | {
      readonly kind: 'both';
      readonly actor: ActorIndex;
      readonly scripts: readonly [Script, Script];
    };

/** The actors of a run. The first calls the second, which calls back: two chains can't wait for each other. */
export type ActorIndex = 0 | 1;

export interface Call {
  readonly actor: ActorIndex;
  readonly script: Script;
}

export type Command =
  /** Calls made at once; some are cut by what comes amid them. */
  | {
      readonly kind: 'calls';
      readonly calls: readonly Call[];
      readonly amid: 'nothing' | 'sidecar crash' | 'host change' | 'idle';
    }
  /** The next writes of state fail. */
  | { readonly kind: 'failing writes'; readonly count: number }
  /** Actors that nobody calls are put away. */
  | { readonly kind: 'idle' }
  /** Reminders fire. */
  | { readonly kind: 'reminders' }
  /** The sidecar is gone with all it knew of actors, and comes back. */
  | { readonly kind: 'sidecar crash' }
  /** The same, but what comes back has another process as its host. */
  | { readonly kind: 'host change' }
  /** The sidecar is gone, comes back at the other host, where a call is made, and at the first one again. */
  | { readonly kind: 'host change and back'; readonly call: Call };

type Shape = readonly StepShape[];
type StepShape =
  | { readonly kind: 'append' }
  | { readonly kind: 'remind' }
  | { readonly kind: 'throw' }
  | {
      readonly kind: 'call';
      readonly steps: Shape;
      readonly isCaught: boolean;
    }
  | { readonly kind: 'both'; readonly steps: readonly [Shape, Shape] };

const plain: fc.Arbitrary<StepShape> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'append' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'remind' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'throw' } as const) },
);

function shapes(depth: number): fc.Arbitrary<Shape> {
  const inner: fc.Arbitrary<StepShape> =
    depth === 0
      ? plain
      : fc.oneof(
          { weight: 3, arbitrary: plain },
          {
            weight: 1,
            arbitrary: fc.record({
              kind: fc.constant('call' as const),
              steps: shapes(depth - 1),
              isCaught: fc.boolean(),
            }),
          },
        );
  return fc.array(inner, { minLength: 1, maxLength: 3 });
}

const crash = fc.constantFrom('sidecar crash' as const, 'host change' as const);

// Which of two comes first is open, so they call nobody back.
const both: fc.Arbitrary<StepShape> = fc.record({
  kind: fc.constant('both' as const),
  steps: fc.tuple(shapes(0), shapes(0)),
});

const callShape = fc.record({
  actor: fc.constantFrom<ActorIndex>(0, 1),
  steps: fc.oneof(
    { weight: 4, arbitrary: shapes(2) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(shapes(0), both, shapes(1))
        .map(([before, step, after]) => [...before, step, ...after]),
    },
  ),
});

const commandShape = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('calls' as const),
      calls: fc.array(callShape, { minLength: 1, maxLength: 3 }),
      amid: fc.oneof(
        { weight: 12, arbitrary: fc.constant('nothing' as const) },
        { weight: 1, arbitrary: crash },
        { weight: 1, arbitrary: fc.constant('idle' as const) },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('failing writes' as const),
      count: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'idle' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reminders' } as const) },
  { weight: 1, arbitrary: crash.map((kind) => ({ kind }) as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('host change and back' as const),
      call: callShape,
    }),
  },
);

/** Commands whose calls, tokens and reminders have names of their own. */
export const commands: fc.Arbitrary<readonly Command[]> = fc
  .array(commandShape, { minLength: 1, maxLength: 6 })
  .map((all) => {
    let names = 0;
    const nextName = (): string => `n${names++}`;
    const named = (actor: ActorIndex, steps: Shape): Script => ({
      name: nextName(),
      steps: steps.map((step): Step => {
        if (step.kind === 'append') return { ...step, token: nextName() };
        if (step.kind === 'remind') return { ...step, name: nextName() };
        if (step.kind === 'throw') return step;
        const other = actor === 0 ? 1 : 0;
        if (step.kind === 'both')
          return {
            kind: 'both',
            actor: other,
            scripts: [named(other, step.steps[0]), named(other, step.steps[1])],
          };
        return {
          kind: 'call',
          actor: other,
          script: named(other, step.steps),
          isCaught: step.isCaught,
        };
      }),
    });
    const callOf = ({
      actor,
      steps,
    }: {
      actor: ActorIndex;
      steps: Shape;
    }): Call => ({
      actor,
      script: named(actor, actor === 0 ? steps : steps.filter(isPlain)),
    });
    return all.map((command): Command => {
      if (command.kind === 'calls')
        return { ...command, calls: command.calls.map(callOf) };
      return command.kind === 'host change and back'
        ? { ...command, call: callOf(command.call) }
        : command;
    });
  });

// The second actor calls back the first only within a chain that began there.
function isPlain(step: StepShape): boolean {
  return step.kind !== 'call' && step.kind !== 'both';
}
