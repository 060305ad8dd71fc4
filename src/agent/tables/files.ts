/** Reading the small text files that tables are made of. What cannot be read has no rows, as in osquery. */
import { accessSync, type BigIntStats, constants, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';

/** osquery's `read_max`, bytes. */
const MAX_BYTES = 50 * 1024 * 1024;

/** The text of a file; undefined when it is missing, unreadable or larger than 50 MiB. Bytes that are no UTF-8 become U+FFFD. */
export function readText(file: string): string | undefined {
  return readBytes(file)?.toString('utf8');
}

export function readBytes(file: string): Buffer | undefined {
  try {
    return statSync(file).size > MAX_BYTES ? undefined : readFileSync(file);
  } catch {
    return undefined;
  }
}

/** The status of what a path leads to; undefined when there is nothing, or nothing that may be seen. */
export function statOf(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true });
  } catch {
    return undefined;
  }
}

/** Whether this user may read it. */
export function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The status of the path itself, without following a link. */
export function lstatOf(file: string): BigIntStats | undefined {
  try {
    return lstatSync(file, { bigint: true });
  } catch {
    return undefined;
  }
}

/** The lines of a file that are not blank; none when it cannot be read. */
export function readLines(file: string): string[] {
  return (readText(file) ?? '').split('\n').filter(line => line.trim() !== '');
}

/** Names in a directory, sorted; none when it cannot be read. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}

/** Paths of the files of a directory, without its sub-directories. */
export function filesIn(directory: string): string[] {
  return namesIn(directory)
    .map(name => path.join(directory, name))
    .filter(file => statOf(file)?.isFile() ?? false);
}

/** What a link points to; empty when it cannot be read. */
export function linkTarget(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/** The words of a line, split at white space. */
export const wordsOf = (line: string): string[] => line.split(/\s+/).filter(word => word !== '');
