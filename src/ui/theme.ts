/**
 * What looks like what. Screens name a tone, never a colour; every tone is legible without colour too, because
 * severity has its letter, health its word and the selected row its bar. Only the 16 colours of the terminal are used,
 * so its own palette decides the shades.
 */
import type { HealthLevel, HostStatus, Severity } from '../core/model.ts';

export type Terminal = {
  /** none: attributes only (bold, dim, inverse). */
  readonly colour: 'none' | 'ansi16' | 'full';
  /** false: nothing but ASCII is sent (`output.ts` sees to it). */
  readonly unicode: boolean;
  /** Whether the window has a title that can be set. */
  readonly titles?: boolean;
};

export type Tone = Severity | 'ok' | 'warn' | 'bad' | 'muted' | 'accent' | 'strong' | 'cursor';

/** A piece of a line. `text` is already printable. */
export type Segment = { readonly text: string; readonly tone?: Tone | undefined };

/** Props of an Ink `<Text>`. */
export type TextStyle = {
  readonly color?: string;
  readonly backgroundColor?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
  readonly inverse?: boolean;
};

const COLOURED: Record<Tone, TextStyle> = {
  critical: { color: 'whiteBright', backgroundColor: 'red', bold: true },
  high: { color: 'redBright' },
  medium: { color: 'yellow' },
  low: { color: 'cyan' },
  info: { dimColor: true },
  ok: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'redBright' },
  muted: { dimColor: true },
  accent: { color: 'cyan' },
  strong: { bold: true },
  cursor: { inverse: true, bold: true },
};

const MONO: Record<Tone, TextStyle> = {
  critical: { bold: true, inverse: true },
  high: { bold: true },
  medium: {},
  low: {},
  info: { dimColor: true },
  ok: {},
  warn: { bold: true },
  bad: { bold: true },
  muted: { dimColor: true },
  accent: { bold: true },
  strong: { bold: true },
  cursor: { inverse: true, bold: true },
};

export const styleOf = (tone: Tone | undefined, terminal: Terminal): TextStyle | undefined =>
  tone && (terminal.colour === 'none' ? MONO : COLOURED)[tone];

const LETTERS: Record<Severity, string> = { critical: 'C', high: 'H', medium: 'M', low: 'L', info: 'I' };

export const severityLetter = (severity: Severity): string => LETTERS[severity];

const HEALTH_TONES: Record<HealthLevel, Tone> = { ok: 'ok', starting: 'muted', degraded: 'warn', down: 'bad' };

export const healthTone = (level: HealthLevel): Tone => HEALTH_TONES[level];

const STATUS_TONES: Record<HostStatus, Tone> = { online: 'ok', offline: 'warn', missing: 'bad', unknown: 'muted' };

export const statusTone = (status: HostStatus): Tone => STATUS_TONES[status];

/** Environment variables, handed in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Terminals that take a title (OSC 2) and do not print it. The console of Linux itself is none of them. */
const TITLED = /^(xterm|rxvt|screen|tmux|alacritty|kitty|foot|wezterm|ghostty|contour|konsole|gnome|vte|mintty|putty|st)\b/;

/** What the terminal can show: `NO_COLOR` and `TERM` decide about colour, the locale about characters beyond ASCII. */
export function detectTerminal({ TERM = '', COLORTERM = '', NO_COLOR, LC_ALL, LC_CTYPE, LANG }: Environment): Terminal {
  const mono = Boolean(NO_COLOR) || /^(|dumb|unknown|vt\d+.*)$/.test(TERM);
  const full = /^(truecolor|24bit)$/.test(COLORTERM);
  const unicode = /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
  return { colour: mono ? 'none' : full ? 'full' : 'ansi16', unicode, titles: TITLED.test(TERM) };
}

/** Whether a terminal can place the cursor at all; when not, the plain line mode is the console. */
export const isAddressable = ({ TERM = '' }: Environment): boolean => !/^(|dumb|unknown)$/.test(TERM);
