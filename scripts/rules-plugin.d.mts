import type { Plugin } from 'vite';

export function readRules(): { file: string; content: unknown }[];
export function rulesPlugin(): Plugin;
