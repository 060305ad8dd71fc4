/** What is said between the process's main thread and that of the front. Requests and replies meet by their number. */
import type { Asked, Refused, Said } from './house.ts';
import type { Proof } from './routes.ts';

/** From the main thread. */
export type Order =
  | { readonly listen: { readonly host: string; readonly port: number } }
  | { readonly present: { readonly certificate: string; readonly key: string } }
  | { readonly close: true }
  | { readonly id: number; readonly said: Said }
  | { readonly id: number; readonly isKey: boolean };

/** From the front. `pushedOut`: how many connections were cut so far. */
export type Word =
  | { readonly listening: number }
  | { readonly notListening: { readonly code: string; readonly message: string } }
  | { readonly id: number; readonly asked: Asked }
  | { readonly id: number; readonly refused: Refused }
  | { readonly id: number; readonly isKey: { readonly proof: Proof; readonly key: string } }
  | { readonly pushedOut: number }
  | { readonly failed: { readonly message: string; readonly detail: string } };
