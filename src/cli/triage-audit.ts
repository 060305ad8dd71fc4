/** Decisions about events are audited like everything that a person does: first the line, then the decision. */
import type { AuditLog, TriageStore } from '../core/ports.ts';
import { isoUtc } from '../core/time.ts';

/** Events of a decision that are named in its line; the data file has all of them. */
const NAMED = 20;

const about = (events: readonly string[]) => ({
  events: events.slice(0, NAMED),
  ...(events.length > NAMED && { more: events.length - NAMED }),
});

/** The store, with a line in the audit trail before each decision, comment and taking back. Throws where that cannot be written. */
export const auditedTriage = (store: TriageStore, audit: AuditLog): TriageStore => ({
  ...store,
  decide(events, decision, who, at) {
    const { state, until, comment } = decision;
    audit.write('triage', { state, until: until === null ? null : isoUtc(until), comment, ...about(events) });
    return store.decide(events, decision, who, at);
  },
  comment(events, comment, who, at) {
    audit.write('triage comment', { comment, ...about(events) });
    return store.comment(events, comment, who, at);
  },
  undo(events, who, at, only) {
    audit.write('triage undo', about(events));
    return store.undo(events, who, at, only);
  },
});
