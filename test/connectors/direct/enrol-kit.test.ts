import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { enrolKit, type KitFacts } from '../../../src/connectors/direct/enrol-kit.ts';
import { temporaryDirectory } from '../../helpers/directories.ts';
import { startDirect } from './support.ts';

const facts: KitFacts = {
  tlsHostname: '10.0.0.5:8443',
  enrollSecret: 'the-secret-of-the-case',
  serverCertsPem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  distributedInterval: 10,
  loggerPeriod: 4,
  clientCertificates: false,
  secretKey: undefined,
};
const PLATFORMS = ['linux', 'darwin', 'windows'] as const;

describe('the flags', () => {
  it.each(PLATFORMS)('for %s name endpoints, quick queries, logger and carving, and never the secret', platform => {
    for (const ephemeral of [true, false]) {
      const { flags } = enrolKit(facts, platform, ephemeral);
      expect(flags).toEqual(
        expect.arrayContaining([
          '--tls_hostname=10.0.0.5:8443',
          '--disable_distributed=false',
          '--distributed_interval=10',
          '--logger_tls_endpoint=/log',
          '--disable_carver=false',
          '--carver_start_endpoint=/carve/start',
          '--carver_continue_endpoint=/carve/block',
        ]),
      );
      expect(flags.join(' ')).not.toContain(facts.enrollSecret);
    }
  });

  it('leave the state of other osqueryds alone, and none behind when ephemeral', () => {
    expect(enrolKit(facts, 'linux', false).flags).toContain('--database_path=/var/osquery/rollcall/osquery.db');
    expect(enrolKit(facts, 'linux', true).flags).toEqual(expect.arrayContaining(['--ephemeral', '--disable_database']));
  });

  it('name client certificate and renamed secret where they are asked for', () => {
    const { flags } = enrolKit({ ...facts, clientCertificates: true, secretKey: 'deployment_key' }, 'linux', false);
    expect(flags).toEqual(
      expect.arrayContaining(['--tls_client_cert=/var/osquery/rollcall/client.pem', '--tls_enroll_override=deployment_key']),
    );
  });
});

describe('the ephemeral script', () => {
  it('hands osqueryd secret and certificate in private files, and removes them when it ends', () => {
    const bin = temporaryDirectory();
    const seen = path.join(bin, 'seen');
    const osqueryd = `#!/bin/sh
for flag in "$@"; do case $flag in
  --enroll_secret_path=*) file=\${flag#*=}; stat -c %a "$file"; cat "$file"; echo "$file" > ${seen}.path ;;
  --tls_server_certs=*) cat "\${flag#*=}" ;;
esac; done > ${seen}
echo "$*" > ${seen}.args
`;
    writeFileSync(path.join(bin, 'osqueryd'), osqueryd);
    chmodSync(path.join(bin, 'osqueryd'), 0o755);
    const { script } = enrolKit(facts, 'linux', true);
    execFileSync('/bin/sh', { input: script, env: { PATH: `${bin}:/usr/bin:/bin` } });
    expect(readFileSync(seen, 'utf8')).toBe(`${facts.serverCertsPem}600\n${facts.enrollSecret}\n`);
    expect(readFileSync(`${seen}.args`, 'utf8')).not.toContain(facts.enrollSecret);
    expect(existsSync(path.dirname(readFileSync(`${seen}.path`, 'utf8').trim()))).toBe(false);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends osqueryd and removes the files when the terminal sends %s', async signal => {
    const bin = temporaryDirectory();
    const started = path.join(bin, 'started');
    writeFileSync(
      path.join(bin, 'osqueryd'),
      `#!/bin/sh\necho "$$ $TMPDIR" > ${started}.new\nmv ${started}.new ${started}\nexec sleep 60\n`,
      { mode: 0o755 },
    );
    const shell = spawn('/bin/sh', ['-c', enrolKit(facts, 'linux', true).script], {
      env: { PATH: `${bin}:/usr/bin:/bin` },
      stdio: 'ignore',
      detached: true,
    });
    onTestFinished(() => void shell.kill('SIGKILL'));
    const { pid: group = 0 } = shell;
    await expect.poll(() => existsSync(started)).toBe(true);
    const [pid, directory = ''] = readFileSync(started, 'utf8').trim().split(' ');
    expect(existsSync(path.join(directory, 'secret'))).toBe(true);
    process.kill(-group, signal);
    await expect.poll(() => existsSync(directory)).toBe(false);
    expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/);
  });

  it.each(PLATFORMS.slice(0, 2))('for %s is a script that sh can read', platform => {
    for (const ephemeral of [true, false]) {
      expect(spawnSync('/bin/sh', ['-n'], { input: enrolKit(facts, platform, ephemeral).script }).status).toBe(0);
    }
  });

  it('for Windows lets only SYSTEM and Administrators read, and removes what it wrote', () => {
    const { script } = enrolKit(facts, 'windows', true);
    expect(script).toContain('/inheritance:r');
    expect(script).toMatch(/finally \{ Remove-Item -Recurse -Force \$d \}/);
  });
});

describe('an endpoint', () => {
  it('tells what a host needs', async () => {
    const { connector, address } = await startDirect({ hostnames: ['jump.example'] });
    const enrolment = await connector.enrolment(new AbortController().signal);
    expect(enrolment).toMatchObject({
      tlsHostname: `jump.example:${address.port}`,
      enrollSecret: address.enrollSecret,
      serverCertsPem: address.caPem,
      fingerprint: address.fingerprint,
    });
    expect(enrolment.kit('linux', true).script).toContain(address.caPem.trim());
  });
});
