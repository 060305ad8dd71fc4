/** The parts of /proc that more than one table reads. */
import path from 'node:path';
import type { TableHost } from '../table.ts';
import { linkTarget, namesIn, readText, wordsOf } from './files.ts';

/** Ticks of the kernel's clock in a second (USER_HZ), the same on every Linux that Node runs on. */
const TICKS = 100;

export const procPath = (host: TableHost, ...parts: string[]): string => path.join(host.root, '/proc', ...parts);

export const pidsOf = (host: TableHost): string[] => namesIn(procPath(host)).filter(name => /^[1-9]\d*$/.test(name));

export const ticksToMs = (ticks: string): number => (Number(ticks) * 1000) / TICKS;
export const ticksToSeconds = (ticks: string): number => Math.floor(Number(ticks) / TICKS);

/** Epoch s at which the machine booted; undefined when /proc/stat does not say. */
export function bootTime(host: TableHost): number | undefined {
  const found = /^btime (\d+)$/m.exec(readText(procPath(host, 'stat')) ?? '');
  return found ? Number(found[1]) : undefined;
}

/** `Key: value` lines, as in /proc/PID/status and io. */
export function fieldsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap(line => {
      const colon = line.indexOf(':');
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
    }),
  );
}

/** The fields of /proc/PID/stat after the command, which may itself contain spaces and brackets: state first. */
export function statFields(text: string): string[] | undefined {
  const end = text.lastIndexOf(')');
  const fields = end === -1 ? [] : wordsOf(text.slice(end + 1));
  return fields.length > 19 ? fields : undefined;
}

/** Inode of a process's network namespace; undefined when it may not be read, or the process is gone. */
export function netNamespace(host: TableHost, pid: string): string | undefined {
  return /^net:\[(\d+)\]$/.exec(linkTarget(procPath(host, pid, 'ns', 'net')))?.[1];
}
