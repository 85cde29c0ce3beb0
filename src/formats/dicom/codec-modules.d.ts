/** What is used of the WebAssembly builds of the JPEG codecs, which bring no types. */

interface FrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
}

/**
 * Its memory lies in the module's: views of it end with `delete`, or when the module's memory
 * grows.
 */
interface FrameDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): FrameInfo;
  getDecodedBuffer(): Uint8Array;
  delete(): void;
  /** Of JPEG-LS: whether channels are apart (0), or lines (1) or samples (2) take turns. */
  getInterleaveMode?(): number;
}

/** Where a module writes its lines. */
interface ModuleConsole {
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  export default function load(options: ModuleConsole): Promise<{
    readonly JpegLSDecoder: new () => FrameDecoder;
  }>;
}

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  export default function load(options: ModuleConsole): Promise<{
    readonly JPEGDecoder: new () => FrameDecoder;
  }>;
}

declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  export default function load(options: ModuleConsole): Promise<{
    readonly J2KDecoder: new () => FrameDecoder;
  }>;
}
