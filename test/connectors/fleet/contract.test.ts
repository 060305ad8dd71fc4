import { FakeFleet } from '../../fakes/fleet.ts';
import type { Names } from '../../fakes/fleet-world.ts';
import { connectorContract, type Harness } from '../contract.ts';
import { connect, NOW } from './support.ts';

const HOSTILE = 'ho\u001b]0;st\u202e\u0000ile\u0007';
const HOSTILE_ROW = {
  'p\u001b[31mid': '1\u009b31m',
  ctl: 'a\u001b[31mred\u001b[0m\u0007b\r\nnext',
  nul: 'a\u0000b',
  rtl: '\u202eabc',
  ['__proto__']: 'x',
};

type Kind = { readonly names: Names; readonly feed: 'posture' | 'reports' | 'activities'; readonly webSocket: FakeFleet['webSocket'] };

async function harness({ names, feed, webSocket }: Kind): Promise<Harness> {
  const fleet = await FakeFleet.start();
  Object.assign(fleet, { webSocket, restPeriodMs: 15_000 });
  fleet.settings.names = names;
  const id = (hostname: string, over: Parameters<FakeFleet['addHost']>[1] = {}) => String(fleet.addHost(hostname, over).id);
  const answering = ['web-1', 'web-2', 'web-2'].map(name => id(name, { teamId: 1 }));
  const hosts = {
    answering,
    failing: id('win-4', { live: 'error', error: `no such table: ${HOSTILE}` }),
    silent: id('db-1', { live: 'silent' }),
    empty: id('idle-1', { live: 'empty' }),
    offline: id('gone-1', { status: 'offline', seenTime: NOW - 3_600_000 }),
    hostile: id(HOSTILE, { labels: [HOSTILE], rows: [HOSTILE_ROW, null, { other: 'x' }] }),
  };
  const user = fleet.addUser('bo@example.com', 'maintainer');
  const { connector, clock, close } = connect(fleet, { secret: user.password, email: user.email, activities: true, patient: true });
  const report = fleet.addReport(`cron ${HOSTILE}`);
  let emitted = 0;
  const flip = (count: number) => {
    for (const host of fleet.hosts.slice(-count)) host.status = host.status === 'online' ? 'offline' : 'online';
  };
  if (feed === 'posture') for await (const _page of connector.feeds[0]?.read(undefined, 0, new AbortController().signal) ?? []);
  return {
    connector,
    hosts,
    reached: remoteId => {
      const campaign = fleet.campaigns.all.find(candidate => remoteId.includes(String(candidate.id)));
      return webSocket === 'open' ? [...(campaign?.reached ?? [])].map(String) : fleet.askedOneByOne.map(String);
    },
    release: () => fleet.campaigns.release(),
    events: {
      feed,
      async emit(count) {
        await clock.advance(60_000);
        if (feed === 'posture') flip(count);
        for (let index = 0; index < count; index += 1) {
          emitted += 1;
          report.rows.push({ hostId: Number(hosts.hostile), fetchedAt: clock.now(), columns: { ...HOSTILE_ROW, command: `x ${emitted}` } });
          if (feed === 'activities') fleet.addActivity('live_query', { query_sql: HOSTILE, targets_count: emitted }, clock.now());
        }
      },
    },
    secrets: [user.token, user.password, 'SESSION1'],
    async close() {
      await close();
      await fleet.close();
    },
  };
}

connectorContract('Fleet', () => harness({ names: 'old', feed: 'reports', webSocket: 'open' }));
connectorContract('Fleet 4.82', () => harness({ names: '4.82', feed: 'posture', webSocket: 'open' }));
connectorContract('Fleet without the old names', () => harness({ names: 'new only', feed: 'reports', webSocket: 'open' }));
connectorContract('Fleet behind a proxy without WebSockets', () => harness({ names: 'old', feed: 'activities', webSocket: 'refuse' }));
