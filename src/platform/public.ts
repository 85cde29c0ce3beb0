/** What a program around the library needs of the machine: the command line uses these. */
export { fileError, makeFolder, readBytes, readText, writeAtomic } from './files.ts';

/** The value of an environment variable, which is removed: what starts later does not inherit it. */
export function takeFromEnvironment(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}
