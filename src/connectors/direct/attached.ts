/** The endpoint of another process, through its control socket. What it says was checked and cleaned there. */
import type { Host } from '../../core/model.ts';
import type { EndReason, EnrolledNode, LaunchOptions, LiveUpdate, NodeChange, SilentHosts, SourceReport } from '../../core/ports.ts';
import { ControlClient } from './control-client.ts';
import type { Desk, DirectAddress, NewRun } from './desk.ts';

type Standing = { readonly kind: 'standing'; readonly silent: readonly SilentHosts[] };

export class AttachedDesk implements Desk {
  readonly #client: ControlClient;
  readonly #standing = new Map<string, readonly SilentHosts[]>();
  #remarks: readonly string[] = [];

  private constructor(client: ControlClient) {
    this.#client = client;
  }

  /** Undefined when nobody listens on the socket in `dir`. */
  static async open(dir: string): Promise<AttachedDesk | undefined> {
    const client = await ControlClient.connect(dir);
    return client && new AttachedDesk(client);
  }

  get gone(): AbortSignal {
    return this.#client.gone;
  }

  async address(): Promise<DirectAddress> {
    return (await this.#client.ask('address', {}, this.gone)) as DirectAddress;
  }

  async check(signal: AbortSignal): Promise<SourceReport> {
    const report = (await this.#client.ask('check', {}, signal)) as SourceReport;
    this.#remarks = report.remarks;
    return { ...report, remarks: this.remarks() };
  }

  async *hosts(signal: AbortSignal): AsyncIterable<readonly Host[]> {
    const remarks = yield* this.#client.stream('hosts', {}, signal) as AsyncGenerator<readonly Host[], readonly string[] | undefined>;
    if (remarks) this.#remarks = remarks;
  }

  remarks(): readonly string[] {
    return [`another rollcall (process ${this.#client.pid}) holds the port; this one works through it`, ...this.#remarks];
  }

  async nodes(signal: AbortSignal): Promise<readonly EnrolledNode[]> {
    return (await this.#client.ask('nodes', {}, signal)) as readonly EnrolledNode[];
  }

  async change(id: string, change: NodeChange, signal: AbortSignal): Promise<EnrolledNode> {
    return (await this.#client.ask('change', { id, change }, signal)) as EnrolledNode;
  }

  async rotateSecret(graceMs: number, signal: AbortSignal): Promise<void> {
    await this.#client.ask('rotateSecret', { graceMs }, signal);
  }

  async launch(run: NewRun, signal: AbortSignal): Promise<void> {
    await this.#client.ask('launch', run, signal);
  }

  async *updates(id: string, options: LaunchOptions, signal: AbortSignal): AsyncIterable<LiveUpdate> {
    try {
      for await (const item of this.#client.stream('updates', { id, options }, signal)) {
        const update = item as LiveUpdate | Standing;
        if (update.kind === 'standing') this.#standing.set(id, update.silent);
        else yield update;
      }
    } finally {
      this.#standing.delete(id);
    }
  }

  silentAtDeadline(id: string): readonly SilentHosts[] {
    return this.#standing.get(id) ?? [];
  }

  async end(id: string, reason: EndReason, signal: AbortSignal): Promise<string | undefined> {
    return ((await this.#client.ask('end', { id, reason }, signal)) as string | null) ?? undefined;
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}
