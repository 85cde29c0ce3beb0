import { addItems, Global, type PickleMachine } from './pickle-machine.ts';
import type { PickleSource } from './pickle-source.ts';

type Step = (machine: PickleMachine, source: PickleSource) => void;

/** A step that makes a value of nothing but the source's bytes. */
const value =
  (make: (source: PickleSource) => unknown): Step =>
  (machine, source) =>
    machine.push(make(source));

/** A step that takes so many values and makes a tuple of them. */
const tuple =
  (count: number): Step =>
  (machine) =>
    machine.push(Array.from({ length: count }, () => machine.pop()).reverse());

const utf8 = {
  of8: value((source) => source.text(source.uint8())),
  of32: value((source) => source.text(source.uint32())),
  of64: value((source) => source.text(source.uint64())),
};

const bytes = {
  of8: value((source) => source.bytes(source.uint8())),
  of32: value((source) => source.bytes(source.uint32())),
  of64: value((source) => source.bytes(source.uint64())),
};

/** Longer integers would take time that grows with the square of their length. */
const maxIntegerBytes = 1024;

const longInteger: Step = (machine, source) => {
  const length = source.uint32();
  if (length > maxIntegerBytes) machine.fail(`its pickle has an integer of ${length} bytes`);
  machine.push(source.integer(length));
};

const protocol: Step = (machine, source) => {
  const version = source.uint8();
  if (version > 5) machine.fail(`its pickle is of protocol ${version}`);
};

const dict: Step = (machine) => {
  const made = new Map<unknown, unknown>();
  addItems(made, machine.popMark());
  machine.push(made);
};

/** A call of a function or class with a tuple of arguments. */
const reduce: Step = (machine) => {
  const args = machine.popArray();
  machine.call(machine.pop(), args);
};

const reduceWithKeywords: Step = (machine, source) => {
  machine.pop();
  reduce(machine, source);
};

/** A call in the words of older protocols. */
const instance: Step = (machine, source) => machine.call(global(source), machine.popMark());

const object: Step = (machine) => {
  const [callee, ...args] = machine.popMark();
  machine.call(callee, args);
};

/** Attributes of an object. Those of the few classes that are allowed say nothing about weights. */
const build: Step = (machine) => {
  machine.pop();
  if (machine.peek() instanceof Global) machine.fail('its pickle changes a class or function');
};

function global(source: PickleSource): Global {
  const module = source.line();
  return new Global(`${module}.${source.line()}`);
}

const stackGlobal: Step = (machine) => {
  const name = machine.popString();
  machine.push(new Global(`${machine.popString()}.${name}`));
};

const setItem: Step = (machine) => {
  const item = machine.pop();
  const key = machine.pop();
  machine.setItems([key, item]);
};

/**
 * Instructions by their code: those of protocol 2, which torch writes, and what newer protocols have
 * beside them. Protocol 0, whose values are text, and out-of-band buffers are not read.
 */
export const opcodes: ReadonlyMap<number, Step> = new Map<number, Step>([
  [0x80, protocol], // PROTO
  [0x95, (_, source) => void source.uint64()], // FRAME

  [0x4e, value(() => null)], // NONE
  [0x88, value(() => true)], // NEWTRUE
  [0x89, value(() => false)], // NEWFALSE
  [0x4a, value((source) => source.int32())], // BININT
  [0x4b, value((source) => source.uint8())], // BININT1
  [0x4d, value((source) => source.uint16())], // BININT2
  [0x8a, value((source) => source.integer(source.uint8()))], // LONG1
  [0x8b, longInteger], // LONG4
  [0x47, value((source) => source.float64())], // BINFLOAT

  // Strings of Python 2, which has one type for text and bytes, are text here.
  [0x54, utf8.of32], // BINSTRING
  [0x55, utf8.of8], // SHORT_BINSTRING
  [0x8c, utf8.of8], // SHORT_BINUNICODE
  [0x58, utf8.of32], // BINUNICODE
  [0x8d, utf8.of64], // BINUNICODE8
  [0x43, bytes.of8], // SHORT_BINBYTES
  [0x42, bytes.of32], // BINBYTES
  [0x8e, bytes.of64], // BINBYTES8
  [0x96, bytes.of64], // BYTEARRAY8

  [0x29, value(() => [])], // EMPTY_TUPLE
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [0x74, (machine) => machine.push(machine.popMark())], // TUPLE
  [0x5d, value(() => [])], // EMPTY_LIST
  [0x6c, (machine) => machine.push(machine.popMark())], // LIST
  [0x61, (machine) => machine.append([machine.pop()])], // APPEND
  [0x65, (machine) => machine.append(machine.popMark())], // APPENDS
  [0x7d, value(() => new Map())], // EMPTY_DICT
  [0x64, dict], // DICT
  [0x73, setItem], // SETITEM
  [0x75, (machine) => machine.setItems(machine.popMark())], // SETITEMS
  [0x8f, value(() => new Set())], // EMPTY_SET
  [0x90, (machine) => machine.append(machine.popMark())], // ADDITEMS
  [0x91, (machine) => machine.push(new Set(machine.popMark()))], // FROZENSET

  [0x28, (machine) => machine.mark()], // MARK
  [0x30, (machine) => void machine.pop()], // POP
  [0x31, (machine) => void machine.popMark()], // POP_MARK
  [0x32, (machine) => machine.push(machine.peek())], // DUP

  [0x71, (machine, source) => machine.remember(source.uint8(), machine.peek())], // BINPUT
  [0x72, (machine, source) => machine.remember(source.uint32(), machine.peek())], // LONG_BINPUT
  [0x94, (machine) => machine.rememberNext(machine.peek())], // MEMOIZE
  [0x68, (machine, source) => machine.push(machine.recall(source.uint8()))], // BINGET
  [0x6a, (machine, source) => machine.push(machine.recall(source.uint32()))], // LONG_BINGET

  [0x63, value(global)], // GLOBAL
  [0x93, stackGlobal], // STACK_GLOBAL
  [0x51, (machine) => machine.push(machine.persistent(machine.pop()))], // BINPERSID
  [0x52, reduce], // REDUCE
  [0x81, reduce], // NEWOBJ
  [0x92, reduceWithKeywords], // NEWOBJ_EX
  [0x69, instance], // INST
  [0x6f, object], // OBJ
  [0x62, build], // BUILD
]);
