/**
 * Masks secrets in text that is shown, copied or exported: what has the form of one, and what stands where one stands.
 * A mask can always be seen, and is counted, so that nobody takes masked evidence for whole. No list of forms is complete:
 * this keeps secrets from wandering about by accident, and is no promise that a text holds none.
 */
import type { Row } from './model.ts';

export const MASK = '[masked]';

export type Masked = { readonly text: string; readonly count: number };

/** One pattern that matches what any of these does: a text is walked once for all of them. */
const anyOf = (patterns: readonly RegExp[], flags = ''): RegExp =>
  new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'), flags);

/** Secrets known by their own form. Here and below every repetition is bounded: hostile text costs no more than long text. */
const FORM = anyOf(
  [
    /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])/,
    /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255})/,
    /(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-[\w.-]{16,255}/,
    /(?<![A-Za-z0-9])(?:xox[a-z](?:\.xox[a-z])?-[\w-]{10,255}|xapp-\d-[\w-]{10,255})/,
    /(?<=hooks\.slack\.com\/(?:services|workflows)\/)[\w/-]{10,255}/,
    /(?<![A-Za-z0-9])(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}|sk-[\w-]{24,255}|AIza[\w-]{35}|SG\.[\w-]{16,64}\.[\w-]{16,64})/,
    /(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{30,255}|pypi-[\w-]{32,1024}|dop_v1_[a-f0-9]{64}|hv[sb]\.[\w-]{24,512})/,
    /(?<![A-Za-z0-9])eyJ[\w-]{8,4096}\.[\w-]{4,8192}\.[\w-]{0,2048}/,
  ],
  'g',
);

/** Not a mask already, nor a reference to where the secret is kept: `$PASS`, `%PASS%`, `<password>`. */
const REAL = /(?!\\?["']?(?:\[masked\]|\$[\w({]|%\w{1,64}%|<\w))/;
/** A value: in quotes, or up to the next blank, quote or separator. */
const VALUE = /"[^"]{1,1024}"|'[^']{1,1024}'|\\?["']?[^\s"'\\&|;,()⏎]{1,1024}/;
/** A word of a command line. */
const WORD = /"[^"]{1,1024}"|'[^']{1,1024}'|[^\s"'|;⏎]{1,1024}/;
/** Long hexadecimal or base64 text that is no path. */
const LONG = /["']?(?![/~.])[\w+/=.~-]{16,4096}["']?/;
const CREDENTIAL = /[\w.~+/=-]{6,8192}/;

/** How names of passwords end: `PASSWORD`, `db.passwd`, `MYSQL_PWD`, `SMTP_PASS`; not `PWD`, which is a directory. */
const PASSWORD_NAME = /(?:password|passwd|passphrase|[_.-](?:pwd|pass|pw)|(?<![\w.-])(?:pass|sshpass|userpass))/;
/** How names of long secrets end: `APP_SECRET`, `GITHUB_TOKEN`, `aws_secret_access_key`; not `SSH_PUBLIC_KEY`. */
const SECRET_NAME = /(?:secret|token|credentials?|api[_.-]?key|(?<!public)[_.-](?:key|auth|sas))/;

/** A secret behind what tells it: what `place` matches stays, what `secret` matches is masked. */
const behind = (place: RegExp, secret: RegExp): RegExp =>
  new RegExp(`(${place.source})${REAL.source}(?:${secret.source})`, `g${place.flags}`);

const assigned = (name: RegExp, sign: RegExp): RegExp => new RegExp(name.source + sign.source, 'i');

/** Where programs take a password in their command line; then commands of Windows, in any case. */
const OPTION = anyOf([
  /\b(?:mysql|mysqldump|mysqladmin|mysqlimport|mysqlsh|mariadb|mariadb-dump|mariadb-admin)\b[^|;&⏎]{0,400}?\s-p(?!\s|$)/,
  /\b(?:sshpass|psexec(?:64)?(?:\.exe)?|winexe|evil-winrm|crackmapexec|nxc|netexec|mongo(?:sh|dump|restore)?)\b[^|;&⏎]{0,400}?\s-p\s{0,4}/,
  /\b(?:docker|podman|skopeo|helm|az|oc)\s{1,4}(?:registry\s{1,4})?login\b[^|;&⏎]{0,400}?\s-p\s{0,4}/,
  /\b(?:7z|7za|7zr|rar|unrar)(?:\.exe)?\b[^|;&⏎]{0,400}?\s-h?p(?!\s|$)/,
  /\b(?:zip|unzip|sqlcmd|bcp)(?:\.exe)?\b[^|;&⏎]{0,400}?\s-P\s{0,4}/,
  /\b(?:plink|pscp|psftp)(?:\.exe)?\b[^|;&⏎]{0,400}?\s-pw\s{1,4}/,
  /\bredis-cli\b[^|;&⏎]{0,400}?\s-a\s{1,4}/,
  /\bldap(?:search|add|modify|whoami)\b[^|;&⏎]{0,400}?\s-w\s{1,4}/,
  /\b(?:curl|wget)\b[^|;&⏎]{0,400}?\s(?:-u|-U|--user|--proxy-user)[\s=]{0,4}["']?[^\s:"']{1,128}:/,
  /\bsmbclient\b[^|;&⏎]{0,400}?\s(?:-U|--user)[\s=]{0,4}["']?[^\s%"']{1,128}%/,
  /\bopenssl\b[^|;&⏎]{0,400}?\spass:/,
]);
const WINDOWS_OPTION = anyOf(
  [
    /\bnet1?(?:\.exe)?\s{1,4}user\s{1,4}[^\s/]{1,128}\s{1,4}(?![/*])/,
    /\bnet1?(?:\.exe)?\s{1,4}use\s{1,4}(?:\S{1,256}\s{1,4}){1,2}?(?![/*\\])(?=\S{1,256}\s{1,4}\/user:)/,
    /\bConvertTo-SecureString\s{1,4}(?:-String\s{1,4})?(?!-)/,
  ],
  'i',
);

/** Secrets known by what stands before them. */
const PLACES: readonly RegExp[] = [
  behind(/-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----/, /[\s\S]{1,32767}?(?=-----END|$)/),
  behind(/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s/:@"']{0,128}:/i, /[^\s/@"']{1,256}(?=@)/),
  behind(/\bauthorization\\?["']?\s{0,2}[:=]\s{0,2}\\?["']?(?:(?:bearer|basic|token|digest|apikey)\s{1,2})?/i, CREDENTIAL),
  behind(/\bbearer\s{1,2}/i, /[\w.~+/=-]{16,8192}/),
  behind(OPTION, WORD),
  behind(WINDOWS_OPTION, WORD),
  behind(/\becho\s{1,4}(?:-\w\s{1,4})?["']?[\w.-]{1,64}:/, /[^\s"'|]{1,256}(?=["']?\s{0,4}\|\s{0,4}(?:sudo\s{1,4})?chpasswd)/),
  behind(
    /(?<![\w-])(?:--?|\/)(?:[\w-]{0,40}?(?:password|passwd|passphrase|secret|token|api-?key|access-?key|private-?key)|pass|pwd|rp)(?:[=:]|\s{1,4}(?![-/]))/i,
    VALUE,
  ),
  behind(/[?&](?:[\w-]{0,40}?(?:token|secret|signature|password|passwd|api_?key|access_?key)|sig)=/i, /[^&\s"'#⏎]{4,4096}/),
  behind(assigned(PASSWORD_NAME, /\\?["']?\s{0,2}=\s{0,2}/), VALUE),
  // `NOPASSWD: ALL` is a rule of sudo, and `/etc/passwd:` the start of a line of grep.
  behind(assigned(PASSWORD_NAME, /(?<!passwd)(?:\\?["']\s{0,2})?:\s{0,2}/), VALUE),
  behind(assigned(SECRET_NAME, /\\?["']?\s{0,2}[=:]\s{0,2}/), LONG),
];

/** The text with every known secret in it replaced by `MASK`, and how many there were. A mask is not masked again. */
export function maskSecrets(text: string): Masked {
  let count = 0;
  let masked = text.replace(FORM, () => {
    count += 1;
    return MASK;
  });
  for (const place of PLACES) {
    masked = masked.replace(place, (_, before: string) => {
      count += 1;
      return before + MASK;
    });
  }
  return { text: masked, count };
}

const NAME_ENDS = new RegExp(`(?:${PASSWORD_NAME.source}|${SECRET_NAME.source})$`, 'i');

/** Whether a name (of an environment variable, a setting) is that of a secret. */
export const isSecretName = (name: string): boolean => NAME_ENDS.test(name);

/** In tables of pairs the name stands in a column of its own: `process_envs`, `registry`. */
const NAMED_BY: Readonly<Record<string, readonly string[]>> = { value: ['key', 'name'], data: ['name'] };

function maskCell(row: Row, column: string, cell: string): Masked {
  const named = (NAMED_BY[column] ?? []).some(name => isSecretName(row[name] ?? ''));
  if (named && cell !== '' && cell !== MASK) return { text: MASK, count: 1 };
  return maskSecrets(cell);
}

/** A row with the secrets masked in these columns (a template's `secrets`), and how many there were. */
export function maskRow(row: Row, columns: readonly string[]): { readonly row: Row; readonly count: number } {
  let count = 0;
  const changed: Record<string, string> = {};
  for (const column of columns) {
    const cell = row[column];
    if (typeof cell !== 'string') continue;
    const masked = maskCell(row, column, cell);
    if (masked.count === 0) continue;
    changed[column] = masked.text;
    count += masked.count;
  }
  return count === 0 ? { row, count } : { row: { ...row, ...changed }, count };
}
