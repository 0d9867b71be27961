/** What a component is asked to do. */
export interface BindingRequest {
  readonly operation: string;
  readonly data: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface BindingAnswer {
  readonly data: Buffer;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An output binding as one application sees it. */
export interface OutputBinding {
  readonly operations: readonly string[];
  /**
   * Undefined where there is nothing to tell.
   * @throws BindingError where there is something to tell of the failure; any other Error
   */
  invoke(request: BindingRequest): Promise<BindingAnswer | undefined>;
  close?(): Promise<void>;
}

/** A failed operation of which the component tells more than the reason. */
export class BindingError extends Error {
  constructor(
    message: string,
    readonly metadata: Readonly<Record<string, string>>,
  ) {
    super(message);
    this.name = 'BindingError';
  }
}
