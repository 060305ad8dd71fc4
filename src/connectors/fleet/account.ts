/** Who we are on this Fleet and what that allows, as learnt from the server; roles by the matrix of contracts/fleet.md 6. */
import { z } from 'zod';
import type { SourceReport } from '../../core/ports.ts';
import { isAbort, Problem, toProblem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { configReply, hostsReply, type Me, meReply, queriesReply, versionReply } from './api.ts';
import type { FleetClient } from './client.ts';

/** Roles that may not run a query of their own; an unknown one is left to the server to judge. */
const MAY_NOT_QUERY = new Set(['observer', 'gitops']);
const NEEDED = 'an admin, maintainer or observer_plus may';

type Settings = { readonly tier: string; readonly liveQueryDisabled: boolean; readonly reportsDisabled: boolean };
export type Team = { readonly id: number; readonly name: string };

/** A part of the check that may fail without failing the whole: its value, or why there is none. */
type Tried<T> = { readonly value: T } | { readonly problem: Problem };

export class Account {
  readonly #client: FleetClient;
  readonly #teamId: number | undefined;
  #me: Me | undefined;
  #settings: Settings | undefined;

  constructor(client: FleetClient, teamId: number | undefined) {
    this.#client = client;
    this.#teamId = teamId;
  }

  /** Why this account cannot run ad-hoc live queries, as far as is known. */
  blocked(): string | undefined {
    if (this.#settings?.liveQueryDisabled) return 'live queries are disabled in Fleet’s settings; an admin can enable them';
    if (!this.#me) return undefined;
    const { global_role: role, teams } = this.#me.user;
    if (role) return MAY_NOT_QUERY.has(role) ? `the role ${clean(role, 40)} may not run ad-hoc queries in Fleet; ${NEEDED}` : undefined;
    if (teams.some(team => !MAY_NOT_QUERY.has(team.role))) return undefined;
    return `this account may not run ad-hoc queries in any of its teams; ${NEEDED}`;
  }

  /** Whether hosts of this team (null: no team) are within what the account may query. */
  mayQuery(teamId: number | null): boolean {
    if (!this.#me || this.#me.user.global_role) return true;
    return this.#me.user.teams.some(team => team.id === teamId && !MAY_NOT_QUERY.has(team.role));
  }

  /** True when the account sees some teams only. */
  get restricted(): boolean {
    return this.#me !== undefined && !this.#me.user.global_role;
  }

  get reportsDisabled(): boolean {
    return this.#settings?.reportsDisabled ?? false;
  }

  /** Teams that the account can see; none on Fleet Free. */
  async teams(signal: AbortSignal): Promise<readonly Team[]> {
    const { user, available_teams: available } = this.#me ?? (await this.#learnMe(signal));
    const teams = new Map([...available, ...user.teams].map(({ id, name }) => [id, { id, name: clean(name, 80) }]));
    return [...teams.values()];
  }

  /** Learns role and settings anew. Throws `Problem` when the server does not even say who we are. */
  async refresh(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#learnMe(signal), this.#try(this.#learnSettings(signal))]);
  }

  /**
   * A harmless exchange that shows whether the token is good, live queries are enabled and Redis is there. Throws
   * `Problem` when not; a server without the route is trusted.
   */
  async proveLiveQueries(signal: AbortSignal): Promise<void> {
    try {
      await this.#client.get('/status/live_query', {}, z.unknown(), 'asking whether live queries work', signal);
    } catch (thrown) {
      if (!(thrown instanceof Problem) || !thrown.detail.startsWith('HTTP 404')) throw thrown;
    }
  }

  /** The report of `source test`. Throws `Problem` when address, TLS, credentials or team are wrong. */
  async check(signal: AbortSignal): Promise<SourceReport> {
    const me = await this.#learnMe(signal);
    const [version, settings, live, hosts, reports] = await Promise.all([
      this.#try(this.#client.get('/version', {}, versionReply, 'asking for its version', signal)),
      this.#try(this.#learnSettings(signal)),
      this.#try(this.proveLiveQueries(signal)),
      this.#try(this.#client.get('/hosts', { per_page: 1, team_id: this.#teamId }, hostsReply, 'listing the hosts', signal)),
      this.#try(this.#client.get('/queries', { per_page: 1, team_id: this.#teamId }, queriesReply, 'listing the reports', signal)),
    ]);
    if ('problem' in hosts && hosts.problem.kind !== 'auth') throw hosts.problem;
    const can: string[] = [];
    const cannot: string[] = [];
    const say = (what: string, no: string | undefined) => (no === undefined ? can.push(what) : cannot.push(`${what}: ${no}`));
    say('list hosts', reasonOf(hosts));
    say('read reports', reasonOf(reports));
    const blocked = this.blocked() ?? reasonOf(live);
    say(`run live queries${this.#onlyOn(me)}`, blocked);
    say('cancel live queries', blocked && 'there are none');
    const tier = 'value' in settings && settings.value.tier ? ` (Fleet ${clean(settings.value.tier, 20)})` : '';
    const known = 'value' in version && version.value.version ? clean(version.value.version, 60) : 'version unknown';
    return { version: `${known}${tier}`, account: accountOf(me), can, cannot, remarks: this.remarks() };
  }

  /** A user of teams may be allowed to query some of them only. */
  #onlyOn({ user }: Me): string {
    const open = user.teams.filter(team => !MAY_NOT_QUERY.has(team.role));
    const all = user.global_role || open.length === 0 || open.length === user.teams.length;
    return all ? '' : `, on hosts of ${namesOf(open)} only`;
  }

  remarks(): string[] {
    const remarks: string[] = [];
    if (this.#client.licenseExpired) remarks.push('Fleet’s Premium licence has expired');
    if (this.reportsDisabled) remarks.push('stored reports are disabled in Fleet’s settings: reports it still serves are old');
    return remarks;
  }

  async #learnMe(signal: AbortSignal): Promise<Me> {
    // The route that the documents promise for this test.
    this.#me = await this.#client.get('/api/v1/fleet/me', {}, meReply, 'asking who we are', signal);
    return this.#me;
  }

  async #learnSettings(signal: AbortSignal): Promise<Settings> {
    const { license, server_settings: server } = await this.#client.get('/config', {}, configReply, 'reading its settings', signal);
    this.#settings = {
      tier: license?.tier ?? '',
      liveQueryDisabled: server?.live_query_disabled ?? false,
      reportsDisabled: server?.query_reports_disabled ?? false,
    };
    return this.#settings;
  }

  async #try<T>(work: Promise<T>): Promise<Tried<T>> {
    try {
      return { value: await work };
    } catch (thrown) {
      if (isAbort(thrown)) throw thrown;
      return { problem: toProblem(thrown) };
    }
  }
}

const reasonOf = (tried: Tried<unknown>): string | undefined => ('problem' in tried ? tried.problem.message : undefined);

const TEAMS_SHOWN = 8;

function accountOf({ user, available_teams: available }: Me): string {
  const name = clean(user.name, 80);
  const who = user.email ? `${name} <${clean(user.email, 120)}>` : name;
  const role = user.global_role
    ? `global ${clean(user.global_role, 40)}${available.length > 0 ? ` (teams: ${namesOf(available)})` : ''}`
    : user.teams.map(team => `${clean(team.role, 40)} of ${clean(team.name, 80)}`).join(', ') || 'no role';
  return `${who}, ${role}${user.api_only ? ', API only' : ''}`;
}

function namesOf(teams: readonly { readonly name: string }[]): string {
  const names = teams.slice(0, TEAMS_SHOWN).map(team => clean(team.name, 80));
  return teams.length > TEAMS_SHOWN ? `${names.join(', ')} and ${teams.length - TEAMS_SHOWN} more` : names.join(', ');
}
