/** What kind of thing went wrong; the command line maps it to an exit code. */
export type ErrorCode =
  /** The caller's options are wrong. Exit code 2. */
  | 'usage'
  /** A file, folder or model was not found. */
  | 'not-found'
  /** Data that cannot be used: an empty folder, one class, an unreadable image. */
  | 'data'
  /** A file that is not what it claims to be: truncated, inconsistent, hostile. */
  | 'corrupt'
  /** A valid thing that this program does not do: an operator, a block type, a format. */
  | 'unsupported'
  /** Tensors, shapes or dtypes that do not fit together. */
  | 'shape'
  /** Something about the key: none given, too long, another one than the job began with. */
  | 'key'
  /** The file system refused: permissions, disk full. */
  | 'io'
  /** A server cannot be reached, refuses, or does not answer as it should. */
  | 'network'
  /** Another process is at work on the same folder. */
  | 'busy'
  /** The job was cancelled. Exit code 130. */
  | 'interrupted';

export interface ErrorDetails {
  /** The options that would have been valid, listed at the end of the message. */
  readonly valid?: readonly (string | number)[];
  readonly cause?: unknown;
}

/**
 * The one error class. Its message is one line: what was wrong, where, and what is valid.
 *
 * A program that catches it should look at `code`, not at the message.
 */
export class ModelLockError extends Error {
  override readonly name = 'ModelLockError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const valid = details.valid ? ` (valid: ${details.valid.join(', ')})` : '';
    super(message + valid, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
