import type { Plugin } from 'vite';
import type { RuleEntry } from '../src/core/rules/rule.ts';

export function readRules(): { file: string; entries: readonly RuleEntry[] }[];
export function rulesPlugin(): Plugin;
