/** The front in the process's own thread: for a handful of hosts, which are not worth a thread. */
import type { Log } from '../../core/ports.ts';
import { cutRemarks, type Door, notListening, systemError } from './door.ts';
import { Front, type FrontSettings } from './front.ts';
import type { House } from './house.ts';

export class FrontHere implements Door {
  readonly broken = new AbortController().signal;
  readonly #front: Front;
  readonly #house = Promise.withResolvers<House>();

  constructor(settings: FrontSettings, log: Log) {
    const house: House = {
      isKey: async (proof, key) => (await this.#house.promise).isKey(proof, key),
      answer: async asked => (await this.#house.promise).answer(asked),
      refuse: async refused => (await this.#house.promise).refuse(refused),
    };
    this.#front = new Front({ ...settings, house, failed: (message, detail) => log.write('error', message, { detail }) });
  }

  async listen(host: string, port: number): Promise<number> {
    try {
      return await this.#front.listen(host, port);
    } catch (thrown) {
      throw notListening(host, port, systemError(thrown));
    }
  }

  present({ certificate, key }: { readonly certificate: string; readonly key: string }, house: House): void {
    this.#house.resolve(house);
    this.#front.present(certificate, key);
  }

  remarks(): string[] {
    return cutRemarks(this.#front.pushedOut);
  }

  close(): Promise<void> {
    return this.#front.close();
  }
}
