/** What a request and a row cost at the least on this machine, to hold the direct endpoint against. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { selfSigned } from '../src/connectors/direct/x509.ts';

const REPLY = JSON.stringify({ node_key: 'bare', queries: {} });
const DELIVERIES = 40;
const ROWS = 500;

/** CPU seconds of this process so far. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * CPU seconds of a request to an HTTPS server that reads it and answers what any node is content with. `load` sends requests
 * to the port and resolves with how many.
 */
export async function bareRequestCpu(load: (port: number) => Promise<number>): Promise<number> {
  const now = Date.now();
  const { certificate: cert, key } = await selfSigned({ names: ['localhost'], notBefore: now - 86_400_000, notAfter: now + 86_400_000 });
  const server = createServer({ cert, key }, (request, response) => {
    request.resume().on('end', () => response.end(REPLY));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const before = cpuSeconds();
  const requests = await load((server.address() as AddressInfo).port);
  server.close();
  return (cpuSeconds() - before) / requests;
}

/** CPU seconds of a row that is parsed with its delivery and inserted as it is. */
export function bareRowCpu(directory: string): number {
  const columns = { pid: '1', port: '443', path: '/usr/sbin/nginx', cmdline: 'nginx: worker process 1' };
  const line = { name: 'listening_ports', unixTime: 1_795_230_000, epoch: 0, counter: 1, columns, action: 'added' };
  const body = JSON.stringify({ node_key: 'bare', log_type: 'result', data: Array.from({ length: ROWS }, () => line) });
  const db = new DatabaseSync(path.join(directory, 'bare.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE rows (seq INTEGER PRIMARY KEY, body TEXT)');
  const insert = db.prepare('INSERT INTO rows (body) VALUES (?)');
  const before = cpuSeconds();
  for (let delivery = 0; delivery < DELIVERIES; delivery += 1) {
    db.exec('BEGIN');
    for (const row of (JSON.parse(body) as { data: unknown[] }).data) insert.run(JSON.stringify(row));
    db.exec('COMMIT');
  }
  const used = cpuSeconds() - before;
  db.close();
  return used / (DELIVERIES * ROWS);
}
