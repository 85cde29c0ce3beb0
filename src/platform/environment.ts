export { homedir as homeFolder, hostname as hostName } from 'node:os';

/** The value of an environment variable; an empty one is none. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name] || undefined;
}
