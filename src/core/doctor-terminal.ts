/** Judges the terminal, its clipboard and the clock. Pure. */
import { type Check, checksOf } from './doctor.ts';
import type { Multiplexer } from './osc52.ts';
import { clipboardSequence, MOST_CLIPBOARD_BYTES } from './osc52.ts';
import { clean } from './sanitize.ts';
import { isoUtc } from './time.ts';

/** How tmux treats what programs send to the clipboard; its options by name, empty where it does not know one. */
export type TmuxFacts = { readonly setClipboard: string; readonly allowPassthrough: string };

export type TerminalFacts = {
  readonly stdin: boolean;
  readonly stdout: boolean;
  /** Undefined where nothing is a terminal. */
  readonly size: { readonly columns: number; readonly rows: number } | undefined;
  readonly smallest: { readonly columns: number; readonly rows: number };
  readonly term: string;
  readonly colorterm: string;
  readonly noColor: boolean;
  readonly colour: 'none' | 'ansi16' | 'full';
  readonly unicode: boolean;
  /** Can place its cursor. */
  readonly addressable: boolean;
  /** The variable that decides about characters. */
  readonly locale: { readonly name: string; readonly value: string } | undefined;
  readonly multiplexer: Multiplexer | undefined;
  /** Undefined outside of tmux, or where it could not be asked. */
  readonly tmux: TmuxFacts | undefined;
  readonly ssh: boolean;
  readonly mosh: boolean;
};

const screen = checksOf('terminal');

function consoleCheck({ stdin, stdout, addressable, term }: TerminalFacts): Check {
  if (!addressable) {
    const why = term === '' ? 'TERM is not set' : `TERM=${term} cannot place a cursor`;
    return screen.warn('console', `lines only (plain): ${why}`, 'export TERM=xterm-256color, if the terminal is one of that kind');
  }
  if (stdin && stdout) return screen.ok('console', 'full screen');
  const which = stdout ? 'standard input' : 'standard output';
  return screen.ok('console', `full screen, where it has a terminal: here ${which} is none`);
}

function sizeCheck({ size, smallest }: TerminalFacts): Check {
  if (!size) return screen.ok('size', 'not known: no terminal at standard output or standard error');
  const text = `${size.columns}x${size.rows}`;
  const least = `${smallest.columns}x${smallest.rows}`;
  if (size.columns >= smallest.columns && size.rows >= smallest.rows) return screen.ok('size', text);
  return screen.warn('size', `${text} is too small for the console`, `make the window ${least} or larger`);
}

function colourCheck({ colour, noColor, term, colorterm }: TerminalFacts): Check {
  const said = [term && `TERM=${term}`, colorterm && `COLORTERM=${colorterm}`].filter(Boolean).join(', ') || 'TERM is not set';
  if (noColor) return screen.ok('colours', 'none: NO_COLOR is set, or --no-color was given; bold and inverse tell things apart');
  if (colour === 'none') return screen.ok('colours', `none (${said}); bold and inverse tell things apart`);
  return screen.ok('colours', `the 16 of the terminal's own palette (${said})`);
}

function charactersCheck({ unicode, locale }: TerminalFacts): Check {
  const by = locale ? `${locale.name}=${locale.value}` : 'none of LC_ALL, LC_CTYPE and LANG is set';
  if (unicode) return screen.ok('characters', `UTF-8 (${by})`);
  return screen.warn(
    'characters',
    `ASCII only (${by}): what is not ASCII is shown as ?`,
    'export LANG=C.UTF-8, if the terminal shows UTF-8',
  );
}

function wayCheck({ ssh, mosh, multiplexer }: TerminalFacts): Check {
  const way = [mosh ? 'over mosh' : ssh ? 'over ssh' : '', multiplexer ? `in ${multiplexer}` : ''].filter(Boolean).join(', ');
  return screen.ok('way', way || 'this machine, as far as can be seen');
}

export const terminalChecks = (facts: TerminalFacts): readonly Check[] =>
  [consoleCheck, sizeCheck, colourCheck, charactersCheck, wayCheck].map(check => check(facts));

const clipboard = checksOf('clipboard');

/** Says how tmux treats copies. Before 3.3 it passed everything on and did not know `allow-passthrough`. */
function tmuxCheck({ setClipboard, allowPassthrough }: TmuxFacts): Check {
  if (setClipboard === 'on') return clipboard.ok('tmux', 'takes copies of programs (set-clipboard on)');
  if (!/^(0|off)$/.test(allowPassthrough)) return clipboard.ok('tmux', 'passes copies on to its terminal');
  return clipboard.warn(
    'tmux',
    `drops copies (set-clipboard ${setClipboard || 'unknown'}, allow-passthrough off)`,
    'tmux set -s set-clipboard on',
  );
}

/** The text of the sample. */
export const CLIPBOARD_SAMPLE = 'rollcall';

/** `file`: where copies go as well. */
export function clipboardChecks({ multiplexer, tmux, mosh }: TerminalFacts, file: string): readonly Check[] {
  const wrapped = { tmux: ', plain and wrapped for tmux', screen: ', wrapped in pieces for screen' };
  const how = multiplexer ? wrapped[multiplexer] : '';
  const sequence = clean(clipboardSequence(CLIPBOARD_SAMPLE, multiplexer) ?? '');
  const most = `${Math.floor(MOST_CLIPBOARD_BYTES / 1_000)} kB at most`;
  return [
    clipboard.ok('OSC 52', `sent${how}, ${most}; no terminal confirms it: \`rollcall doctor --clipboard\` sends a text to try`),
    clipboard.ok('sequence', sequence),
    ...(multiplexer === 'tmux' && tmux ? [tmuxCheck(tmux)] : []),
    ...(mosh
      ? [clipboard.warn('mosh', 'hands copies on from version 1.4 only, and only plain ones', 'take the file where nothing arrives')]
      : []),
    clipboard.ok('file', `${file} holds the last copy, whatever the terminal does`),
  ];
}

export type ClockFacts = {
  /** Epoch ms. */
  readonly now: number;
  readonly zone: string;
  /** Minutes that local time is ahead of UTC. */
  readonly offsetMinutes: number;
};

const clock = checksOf('clock');

const pad = (value: number): string => String(value).padStart(2, '0');

/** `+02:00`. */
function offsetText(minutes: number): string {
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(absolute / 60))}:${pad(absolute % 60)}`;
}

export function clockChecks({ now, zone, offsetMinutes }: ClockFacts): readonly Check[] {
  const local = isoUtc(now + offsetMinutes * 60_000).slice(0, 19);
  return [clock.ok('UTC', `${isoUtc(now).slice(0, 19)}Z`), clock.ok('local', `${local}${offsetText(offsetMinutes)} (${zone})`)];
}

/** Beyond this a timeline of several machines is out of order, ms. */
const SKEW_MS = 10_000;
/** The header has whole seconds. */
const GRAIN_MS = 1_000;

/** `skewMs`: how far the server's clock is ahead of ours; undefined where the server told no time. */
export function skewCheck(source: string, skewMs: number | undefined): Check {
  if (skewMs === undefined) return clock.ok(`against ${source}`, 'the server told no time');
  const size = Math.abs(skewMs);
  if (size <= GRAIN_MS) return clock.ok(`against ${source}`, 'the same, to the second');
  const seconds = `${Math.round(size / 1_000).toLocaleString('en')} s`;
  const text = `this machine is ${seconds} ${skewMs > 0 ? 'behind' : 'ahead of'} the server`;
  if (size <= SKEW_MS) return clock.ok(`against ${source}`, text);
  return clock.warn(`against ${source}`, text, 'find out which clock is wrong (timedatectl), and say so in the report of the incident');
}
