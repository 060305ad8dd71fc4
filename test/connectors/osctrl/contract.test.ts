import { TOKEN } from '../../fakes/osctrl.ts';
import { type FakeGeneration, HOSTILE_ROW } from '../../fakes/osctrl-world.ts';
import { connectorContract, type Harness } from '../contract.ts';
import { setUp } from './support.ts';

async function harness(generation: FakeGeneration): Promise<Harness> {
  const { fake, clock, connector, close } = await setUp({ generation });
  const { world } = fake;
  const answering = ['web-1', 'web-2', 'web-2'].map(name => world.addNode(name).uuid);
  const hostile = world.addNode('ho\u001b]0;st\u202e\u0000ile', 'hostile').uuid;
  const failing = world.addNode('old-1', 'fails').uuid;
  const silent = world.addNode('db-1', 'silent').uuid;
  const empty = world.addNode('idle-1', 'empty').uuid;
  const offline = world.addNode('gone-1', 'gone').uuid;
  world.addNode('other', 'answers', { environment: 'prod' });
  let emitted = 0;
  return {
    connector,
    hosts: { answering, failing, silent, empty, offline, hostile },
    reached: remoteId => world.reached(remoteId),
    release: () => world.release(),
    events: {
      feed: 'query results',
      emit: async count => {
        clock.advance(60_000);
        const [node] = world.nodes;
        if (!node) throw new Error('no node');
        const query = world.addQuery('SELECT pid, name FROM processes', 'dev', 'another', { expected: 1 });
        const rows = Array.from({ length: count }, (_, index) => ({ ...HOSTILE_ROW, pid: String(emitted + index) }));
        emitted += count;
        world.answer(query, node, 'answers', rows);
      },
    },
    secrets: [TOKEN, 'NODE-KEY-SECRET', 'ENROLL-SECRET'],
    close,
  };
}

for (const generation of ['head', '0.5.4', '0.5.1'] as const) connectorContract(`osctrl ${generation}`, () => harness(generation));
