/** Failed exchanges as plain words. `detail` of the `Problem` is one of `Cause`; the library's own error is its `cause`. */

import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';

export type Cause = 'dns' | 'refused' | 'tls' | 'timeout' | 'too large' | 'reset' | 'network' | 'protocol';

type Words = { readonly cause: Cause; readonly text: string; readonly transient?: boolean };

const TRUST = 'Give its CA with --ca-file FILE, or accept the risk with --insecure.';
const BROKEN_OFF = 'The server, or a proxy before it, broke off; it may be restarting. Try again.';

/** What went wrong, by error code of Node, OpenSSL or undici. `%` stands for the peer. */
const BY_CODE: Readonly<Record<string, Words>> = {
  ENOTFOUND: { cause: 'dns', text: 'No address is known for %: the name does not resolve here. Check its spelling, the VPN and DNS.' },
  EAI_AGAIN: { cause: 'dns', text: 'The name of % could not be looked up: no DNS server answered. Check the network, then try again.' },
  ECONNREFUSED: {
    cause: 'refused',
    text: '% refused the connection: nothing listens on that port. Check address and port, and that the server runs.',
  },
  EHOSTUNREACH: {
    cause: 'network',
    text: 'There is no route to %: it is down, or a firewall is in between. Check the network and the VPN.',
  },
  ENETUNREACH: { cause: 'network', text: 'There is no route to the network of %. Check the network and the VPN.' },
  EACCES: { cause: 'network', text: 'This machine does not let rollcall connect to %: a local firewall forbids it.' },
  EPERM: { cause: 'network', text: 'This machine does not let rollcall connect to %: a local firewall forbids it.' },
  ETIMEDOUT: {
    cause: 'timeout',
    text: '% did not accept a connection in time: it is down, or a firewall drops packets. Check address and port.',
  },
  UND_ERR_CONNECT_TIMEOUT: {
    cause: 'timeout',
    text: '% did not accept a connection in time: it is down, or a firewall drops packets. Check address and port.',
  },
  ECONNRESET: { cause: 'reset', text: `% closed the connection before its answer was complete. ${BROKEN_OFF}` },
  EPIPE: { cause: 'reset', text: `% closed the connection before it had read the request. ${BROKEN_OFF}` },
  UND_ERR_SOCKET: { cause: 'reset', text: `% closed the connection before its answer was complete. ${BROKEN_OFF}` },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { cause: 'reset', text: `The answer of % is not as long as it said. ${BROKEN_OFF}` },
  UND_ERR_HEADERS_OVERFLOW: {
    cause: 'too large',
    text: 'The header of the answer of % is too large: this is not the API that was expected.',
    transient: false,
  },
  ...tls('DEPTH_ZERO_SELF_SIGNED_CERT', `it is self-signed. ${TRUST}`),
  ...tls('SELF_SIGNED_CERT_IN_CHAIN', `its CA is not known here. ${TRUST}`),
  ...tls('UNABLE_TO_VERIFY_LEAF_SIGNATURE', `its CA is not known here. ${TRUST}`),
  ...tls('UNABLE_TO_GET_ISSUER_CERT', `its CA is not known here. ${TRUST}`),
  ...tls('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', `its CA is not known here. ${TRUST}`),
  ...tls('CERT_HAS_EXPIRED', "it has expired. Renew it on the server, or set this machine's clock right."),
  ...tls('CERT_NOT_YET_VALID', "it is not valid yet. Set this machine's clock right, or the server's."),
  ...tls('CERT_REVOKED', 'it has been revoked. Ask who runs the server.'),
};

function tls(code: string, reason: string): Record<string, Words> {
  return { [code]: { cause: 'tls', text: `The TLS certificate of % is not trusted: ${reason}`, transient: false } };
}

const PLAIN_HTTP = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER|RECORD_TOO_SMALL/;
const WANTS_CERTIFICATE = /CERTIFICATE_REQUIRED|ALERT_(BAD|NO|UNKNOWN|UNSUPPORTED)_C/;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function nameMismatch(error: unknown): Words {
  const cert = error instanceof Error && 'cert' in error ? (error.cert as { subjectaltname?: unknown } | undefined) : undefined;
  const names = typeof cert?.subjectaltname === 'string' ? cert.subjectaltname.replaceAll(/DNS:|IP Address:/g, '') : '';
  const others = names === '' ? 'another name' : clean(names.length > 120 ? `${names.slice(0, 120)}…` : names);
  return {
    cause: 'tls',
    text: `The TLS certificate of % is not trusted: it was made for ${others}. Use the name it was made for.`,
    transient: false,
  };
}

function byFamily(error: unknown, code: string): Words {
  const detail = error instanceof Error ? `${code} ${error.message}`.toUpperCase().replaceAll(' ', '_') : code;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return nameMismatch(error);
  if (PLAIN_HTTP.test(detail)) {
    return {
      cause: 'tls',
      text: '% does not speak TLS on that port: it answered in plain text. Use http://, or the TLS port.',
      transient: false,
    };
  }
  if (WANTS_CERTIFICATE.test(detail)) {
    return {
      cause: 'tls',
      text: '% accepts only clients with a certificate that it knows. Ask who runs the server for one.',
      transient: false,
    };
  }
  if (/SSL|TLS|^EPROTO$|^CERT_|_CERT(_|$)/.test(code)) {
    return {
      cause: 'tls',
      text: `No TLS connection to % could be made (${clean(code)}). Check address and port, and the server's TLS settings.`,
      transient: false,
    };
  }
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError')) {
    return { cause: 'protocol', text: '% did not answer in HTTP. Check the port, and whether it must be https://.', transient: false };
  }
  return { cause: 'network', text: `The exchange with % failed${code ? ` (${clean(code)})` : ''}. Check the network, then try again.` };
}

/** Says in plain words why an exchange with `peer` (host and port) failed. */
export function networkProblem(peer: string, error: unknown): Problem {
  const code = codeOf(error);
  const { cause, text, transient } = BY_CODE[code] ?? byFamily(error, code);
  return new Problem('unreachable', text.replace('%', peer), { detail: cause, cause: error, transient: transient ?? true });
}

const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;

/** `phase`: what was being waited for when the time was up. */
export function timeoutProblem(peer: string, ms: number, phase: 'headers' | 'body'): Problem {
  const text =
    phase === 'headers'
      ? `${peer} did not answer within ${seconds(ms)}: it is overloaded, or a firewall drops packets. Try again.`
      : `${peer} did not finish its answer within ${seconds(ms)}: it, or the network, is too slow. Try again.`;
  return new Problem('unreachable', text, { detail: 'timeout' satisfies Cause });
}

const size = (bytes: number) => (bytes >= 2 ** 20 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${bytes} bytes`);

export function tooLargeProblem(peer: string, maxBytes: number): Problem {
  return new Problem('unreachable', `${peer} sent more than ${size(maxBytes)}, the most that is taken at once. Ask for less.`, {
    detail: 'too large' satisfies Cause,
    transient: false,
  });
}
