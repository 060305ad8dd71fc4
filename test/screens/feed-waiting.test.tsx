import { beforeEach, describe, expect, it } from 'vitest';
import { openOnPaper, type PaperConsole, processEvents, startupEvent } from '../helpers/frames.tsx';

let paper: PaperConsole;

const selected = () => paper.lines().find(line => line.startsWith('▌'));

beforeEach(async () => {
  paper = await openOnPaper();
});

describe('jumping by severity', () => {
  it('goes to the next and the previous high event that waits, and says when there is none', async () => {
    await paper.happen(
      ...processEvents(1, 40),
      startupEvent(),
      ...processEvents(41, 80),
      startupEvent({ dedupeKey: 's2', hostId: 'db-1', title: 'second' }),
      ...processEvents(81, 90),
    );
    await paper.press('E');
    expect(selected()).toContain('second');
    await paper.press('E');
    expect(selected()).toContain('updater');
    await paper.press('E');
    expect(paper.frame()).toContain('No earlier high event waits for a decision among those read so far.');
    await paper.press('e');
    expect(selected()).toContain('second');
    await paper.happen(startupEvent({ dedupeKey: 's3', hostId: 'db-3' }));
    await paper.press('e');
    expect(paper.frame()).toContain('1 arrived since the pause: G shows them');
  });

  it('goes on to what is on disk only, and says when nothing older is there', async () => {
    paper = await openOnPaper({ feedCapacity: 20, history: true });
    await paper.happen(startupEvent({ title: 'long ago' }), ...processEvents(1, 900));
    await paper.press('E');
    await expect.poll(() => selected()).toContain('long ago');
    await paper.press('E');
    await expect.poll(() => paper.frame()).toContain('waits for a decision: nothing older is stored.');
  });

  it('passes over what was decided', async () => {
    const [first, second] = [
      startupEvent({ hostId: 'a', title: 'first' }),
      startupEvent({ dedupeKey: 's2', hostId: 'b', title: 'second' }),
    ];
    await paper.happen(first, second, ...processEvents(1, 5));
    paper.services.triage.decide([second.id], { state: 'false_positive', until: null, comment: '' });
    await paper.press('E');
    expect(selected()).toContain('first');
  });
});
