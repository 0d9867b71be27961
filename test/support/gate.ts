/** Holds a handler until a spec lets it go on. */
export class Gate {
  private resolve = (): void => undefined;
  readonly opened = new Promise<void>((resolve) => (this.resolve = resolve));

  open(): void {
    this.resolve();
  }

  /** An answer that is given when the gate opens. */
  readonly answer = async (): Promise<object> => {
    await this.opened;
    return {};
  };
}
