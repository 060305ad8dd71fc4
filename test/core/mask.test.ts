import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, MASK, maskRow, maskSecrets } from '../../src/core/mask.ts';

/** Written in parts, so that no scanner takes this file for a leak. */
const join = (...parts: string[]) => parts.join('');
const HEX = '9f86d081884c7d659a2feaa0c55ad015';

const TOKENS: readonly (readonly [string, string])[] = [
  ['an AWS key id', join('AKIA', 'IOSFODNN7EXAMPLE')],
  ['a temporary AWS key id', join('ASIA', 'Y34FZKBOKMUTVV7A')],
  ['a GitHub token', join('ghp', '_', 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6')],
  ['a fine-grained GitHub token', join('github', '_pat_', '11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ')],
  ['a GitLab token', join('glpat', '-', 'xY7kLm2nPq9rStUvWxYz')],
  ['a Slack token', join('xoxb', '-', '123456789012-abcdefGHIJKL')],
  ['a Stripe key', join('sk', '_live_', 'aB3dE6gH9jK2mN5pQ8sT')],
  ['a Google key', join('AIza', 'SyA1bC2dE3fG4hI5jK6lM7nO8pQ9rS0tU1v')],
  ['a JSON web token', join('eyJ', 'hbGciOiJIUzI1NiJ9', '.', 'eyJzdWIiOiIxIn0', '.', 'abcDEF123')],
];

describe('secrets known by their form', () => {
  it.each(TOKENS)('%s is masked wherever it stands', (_, token) => {
    for (const [before, after] of [
      ['', ''],
      ['curl -d "', '" https://x.example/'],
      ["{'a':'", "'}"],
      ['x,', ';y'],
    ]) {
      expect(maskSecrets(`${before}${token}${after}`)).toEqual({ text: `${before}${MASK}${after}`, count: 1 });
    }
  });

  it('a private key is masked up to its end, or the end of the text', () => {
    const begin = join('-----BEGIN OPENSSH ', 'PRIVATE KEY-----');
    const body = 'Proc-Type: 4,ENCRYPTED⏎b3BlbnNzaC1rZXktdjEAAAAABG5vbmU';
    expect(maskSecrets(`${begin}${body}-----END OPENSSH PRIVATE KEY----- ok`)).toEqual({
      text: `${begin}${MASK}-----END OPENSSH PRIVATE KEY----- ok`,
      count: 1,
    });
    expect(maskSecrets(`echo "${begin}${body}`).text).toBe(`echo "${begin}${MASK}`);
  });
});

describe('secrets known by their place', () => {
  it.each([
    ['mysqldump -u root -phunter2 shop', 'mysqldump -u root -p[masked] shop'],
    ["mysql -h db -p'hunter 2' shop", 'mysql -h db -p[masked] shop'],
    ['sshpass -p hunter2 ssh root@10.0.0.1', 'sshpass -p [masked] ssh root@10.0.0.1'],
    ['docker login -u ci -p hunter2 registry.example', 'docker login -u ci -p [masked] registry.example'],
    ['7z a -phunter2 out.7z /srv', '7z a -p[masked] out.7z /srv'],
    ['rar a -hphunter2 out.rar /srv', 'rar a -hp[masked] out.rar /srv'],
    ['zip -r -P hunter2 out.zip /srv', 'zip -r -P [masked] out.zip /srv'],
    ['curl -s -u admin:hunter2 https://x.example', 'curl -s -u admin:[masked] https://x.example'],
    ['curl -H "Authorization: Bearer abcdef123456" x', 'curl -H "Authorization: Bearer [masked]" x'],
    ['curl -H "authorization: Basic YWRtaW46aHVudGVyMg==" x', 'curl -H "authorization: Basic [masked]" x'],
    [`curl --oauth2-bearer x -H "X: bearer ${HEX}"`, 'curl --oauth2-bearer x -H "X: bearer [masked]"'],
    ['psql postgres://app:hunter2@db/shop', 'psql postgres://app:[masked]@db/shop'],
    ['git clone https://:hunter2@git.example/x', 'git clone https://:[masked]@git.example/x'],
    ['tool --password=hunter2 --verbose', 'tool --password=[masked] --verbose'],
    ['tool --password "hunter 2" --verbose', 'tool --password [masked] --verbose'],
    ['tool --db-password hunter2', 'tool --db-password [masked]'],
    ['tool --api-key hunter2', 'tool --api-key [masked]'],
    ['Connect-X -Password hunter2 -Force', 'Connect-X -Password [masked] -Force'],
    ['ConvertTo-SecureString "hunter2" -AsPlainText', 'ConvertTo-SecureString [masked] -AsPlainText'],
    ['cmdkey /user:bob /pass:hunter2', 'cmdkey /user:bob /pass:[masked]'],
    ['net user helper Passw0rd! /add', 'net user helper [masked] /add'],
    [String.raw`net use \\srv\c$ Passw0rd! /user:corp\bob`, String.raw`net use \\srv\c$ [masked] /user:corp\bob`],
    ['echo "root:hunter2" | sudo chpasswd', 'echo "root:[masked]" | sudo chpasswd'],
    ['export PGPASSWORD=hunter2; psql', 'export PGPASSWORD=[masked]; psql'],
    ["MYSQL_PWD='hunter 2' mysql", 'MYSQL_PWD=[masked] mysql'],
    ['SMTP_PASS = hunter2', 'SMTP_PASS = [masked]'],
    ['{"user": "a", "password": "hunter2", "x": 1}', '{"user": "a", "password": [masked], "x": 1}'],
    [String.raw`-d "{\"password\":\"hunter2\"}"`, String.raw`-d "{\"password\":[masked]\"}"`],
    [`APP_SECRET=${HEX}`, 'APP_SECRET=[masked]'],
    [`AWS_SECRET_ACCESS_KEY="${HEX}/+x="`, 'AWS_SECRET_ACCESS_KEY=[masked]'],
    [`github.token: ${HEX}`, 'github.token: [masked]'],
    [`GET /x?user=a&access_token=${HEX}&y=1`, 'GET /x?user=a&access_token=[masked]&y=1'],
    ['https://x.blob.example/c?sv=1&sig=abc%2Fdef&se=2', 'https://x.blob.example/c?sv=1&sig=[masked]&se=2'],
  ])('%s', (text, masked) => {
    expect(maskSecrets(text)).toEqual({ text: masked, count: 1 });
  });

  it('counts every one', () => {
    expect(maskSecrets('A_PASSWORD=x B_PASSWORD=y tool --token z').count).toBe(3);
  });
});

describe('what is no secret', () => {
  it.each([
    'mkdir -p /srv/app && ssh -p 2222 host',
    'docker run -p 8080:80 nginx',
    'mysql -u root -p shop',
    'PWD=/home/ann OLDPWD=/tmp',
    'PASSWORD=$DB_PASSWORD tool',
    'set PASSWORD=%SECRET%',
    'tool --password-file /run/secrets/db --password-stdin',
    'tool --token --verbose',
    'grep root /etc/passwd: nothing',
    'www-data ALL=(ALL) NOPASSWD: ALL',
    'SSL_KEY=/etc/ssl/private/server.key',
    'SORT_KEY=name PUBLIC_KEY=AAAAC3NzaC1lZDI1NTE5AAAA',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHq2d7Vd0mPzJk3y deploy@build-2',
    'sha256sum 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'the bearer of bad news',
    'https://10.0.0.1:8443/path user@host',
    'net user helper /delete',
    './kworkerd -o 203.0.113.40:443',
    '',
  ])('%s', text => {
    expect(maskSecrets(text)).toEqual({ text, count: 0 });
  });
});

describe('maskSecrets', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'PASSWORD=',
      'token: ',
      '"',
      "'",
      ' -p',
      'mysql ',
      '://a:',
      '@',
      ' --secret ',
      MASK,
      '-----BEGIN PRIVATE KEY-----',
      '&sig=',
    ),
    fc.constantFrom(HEX, ...TOKENS.map(([, token]) => token)),
  );
  const text = fc.array(piece, { maxLength: 12 }).map(parts => parts.join(' '));

  it('takes no mask for a secret', () => {
    fc.assert(
      fc.property(text, raw => {
        const once = maskSecrets(raw);
        expect(maskSecrets(once.text)).toEqual({ text: once.text, count: 0 });
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves no token of a known form', () => {
    fc.assert(
      fc.property(text, raw => {
        const { text: masked } = maskSecrets(raw);
        for (const [, token] of TOKENS) expect(` ${masked} `).not.toContain(` ${token} `);
      }),
    );
  });

  it('gets through the longest cells of a hostile host', () => {
    for (const part of ['mysql ', 'a-', 'password', 'net use ', 'eyJa', '://a:', '--token ', '"', 'x_', '-----BEGIN ', 'echo a:']) {
      expect(maskSecrets(part.repeat(Math.ceil(32_767 / part.length))).text).not.toBe('');
    }
  });
});

describe('maskRow', () => {
  it('masks only the columns that may hold secrets, and counts', () => {
    const row = { username: 'ann', command: 'tool --token abc', history_file: '--token abc', time: null };
    expect(maskRow(row, ['command', 'time', 'absent'])).toEqual({ row: { ...row, command: 'tool --token [masked]' }, count: 1 });
    expect(maskRow(row, [])).toEqual({ row, count: 0 });
  });

  it('masks a whole value whose name stands beside it', () => {
    expect(maskRow({ pid: '1', key: 'DB_PASSWORD', value: 'hunter2' }, ['value']).row.value).toBe(MASK);
    expect(maskRow({ name: 'ApiKey', data: 'hunter2' }, ['data'])).toEqual({ row: { name: 'ApiKey', data: MASK }, count: 1 });
    expect(maskRow({ key: 'LD_PRELOAD', value: '/usr/lib/x.so' }, ['value']).count).toBe(0);
    expect(maskRow({ name: 'passwd', cmdline: 'passwd ann' }, ['cmdline']).count).toBe(0);
  });

  it('knows names of secrets', () => {
    expect(['PGPASSWORD', 'db.passwd', 'GITHUB_TOKEN', 'aws_secret_access_key', 'SESSION-KEY', 'pass'].filter(isSecretName)).toHaveLength(
      6,
    );
    expect(['PWD', 'PATH', 'KEYBOARD', 'SSH_PUBLIC_KEY', 'key', 'TOKEN_FILE'].filter(isSecretName)).toEqual([]);
  });
});
