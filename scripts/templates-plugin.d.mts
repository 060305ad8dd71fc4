import type { Plugin } from 'vite';

export function readTemplates(): { name: string; meta: unknown; sql: string; sample: unknown }[];
export function templatesPlugin(): Plugin;
