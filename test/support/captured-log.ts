import type { LoggerService } from '@nestjs/common';

/** A Nest logger that keeps what it is told. */
export class CapturedLog implements LoggerService {
  readonly lines: { level: string; text: string }[] = [];

  log(...parts: unknown[]): void {
    this.add('log', parts);
  }

  warn(...parts: unknown[]): void {
    this.add('warn', parts);
  }

  error(...parts: unknown[]): void {
    this.add('error', parts);
  }

  debug(...parts: unknown[]): void {
    this.add('debug', parts);
  }

  verbose(...parts: unknown[]): void {
    this.add('verbose', parts);
  }

  fatal(...parts: unknown[]): void {
    this.add('fatal', parts);
  }

  /** The lines of a level that hold a text. */
  of(level: string, text = ''): string[] {
    return this.lines
      .filter((line) => line.level === level && line.text.includes(text))
      .map((line) => line.text);
  }

  /** Everything, to look for what must not be there. */
  all(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  private add(level: string, parts: unknown[]): void {
    this.lines.push({ level, text: parts.map(textOf).join(' ') });
  }
}

function textOf(part: unknown): string {
  if (part instanceof Error) return part.stack ?? part.message;
  return typeof part === 'string' ? part : JSON.stringify(part);
}
