import type { Value } from '../../../src/graph/value.ts';

/** Every attribute that the golden operator cases have; which ones depends on the operator. */
export interface OpAttributes {
  readonly a?: number;
  readonly align_corners?: boolean;
  readonly alpha?: number;
  readonly antialias?: boolean;
  /** Several axes, all of them (null), or how many of the last ones. */
  readonly axes?: readonly number[] | number | null;
  readonly axis?: number;
  readonly beta?: number;
  readonly bidirectional?: boolean;
  readonly causal?: boolean;
  readonly ceil?: boolean;
  readonly chunks?: number;
  readonly correction?: number;
  readonly count_include_pad?: boolean;
  readonly delta?: number;
  readonly diagonal?: number;
  readonly dilation?: number | readonly number[];
  readonly end?: number;
  readonly eps?: number;
  readonly equation?: string;
  readonly exponent?: number;
  readonly factor?: number;
  readonly fill?: number;
  readonly groups?: number;
  readonly ignore_index?: number;
  readonly keepdims?: boolean;
  readonly kernel?: number | readonly number[];
  readonly label_smoothing?: number;
  readonly max?: number;
  readonly min?: number;
  readonly momentum?: number;
  readonly output?: number | readonly number[];
  readonly output_padding?: number | readonly number[];
  readonly padding?: number | readonly number[];
  readonly pads?: Readonly<Record<string, readonly [number, number] | number>>;
  readonly perm?: readonly number[];
  readonly pos_weight?: readonly number[];
  readonly reduction?: 'mean' | 'sum' | 'none';
  readonly repeats?: number | readonly number[];
  readonly scale?: number;
  readonly shape?: readonly number[];
  readonly shifts?: readonly number[];
  readonly size?: readonly number[];
  readonly sizes?: readonly number[];
  readonly slope?: number;
  readonly start?: number;
  readonly step?: number;
  readonly stride?: number | readonly number[];
  readonly training?: boolean;
  readonly value?: number;
  readonly weight?: readonly number[];
}

/** One case of an operator family, as its `case.json` lists it. */
export interface OpCase {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes?: OpAttributes;
}

/** What a builder is given besides the inputs, in the order of `inputs`. */
export interface OpContext {
  /** The case's name, such as `pad.reflect`. */
  readonly name: string;
  readonly attributes: OpAttributes;
  /** The input of this name, if the case has it. */
  readonly named: (name: string) => Value | undefined;
  /** A further tensor of the case that is neither input nor expectation: a running mean. */
  readonly state: (name: string) => Value;
}

/** The outputs; and further expectations by the name that they have after the case's. */
export interface OpResult {
  readonly outputs: readonly Value[];
  readonly extra?: Readonly<Record<string, Value>>;
}

export type OpBuilder = (inputs: readonly Value[], context: OpContext) => Value | OpResult;
export type OpTable = Readonly<Record<string, OpBuilder>>;
