/** Reads the audit trail without touching it, in pieces: it may be long. */
import { createReadStream } from 'node:fs';
import { AuditChain, type AuditEntry, type ChainReport } from '../core/evidence-chain.ts';
import { readProblem } from './read-problem.ts';

/** A line of the trail: its number from 1, and its text without the line break. */
export type AuditLine = { readonly number: number; readonly text: string; readonly entry: AuditEntry };

const BREAK = 0x0a;

/** Lines as bytes: what a killed writer left need not be UTF-8. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = rest.indexOf(BREAK, from); end >= 0; end = rest.indexOf(BREAK, from)) {
      yield rest.toString('utf8', from, end);
      from = end + 1;
    }
    rest = rest.subarray(from);
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';

/**
 * Checks the chain of the whole trail and hands `each` line that can be read to `each`, in order. Undefined where there is no
 * trail. Throws a 'storage' Problem when it cannot be read.
 */
export async function readAudit(file: string, each: (line: AuditLine) => void = () => undefined): Promise<ChainReport | undefined> {
  const chain = new AuditChain();
  let number = 0;
  try {
    for await (const text of linesOf(file)) {
      number += 1;
      const entry = chain.add(text);
      if (entry) each({ number, text, entry });
    }
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw readProblem(file, thrown);
  }
  return chain.report();
}
