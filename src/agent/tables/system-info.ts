import { arch, cpus, hostname, totalmem } from 'node:os';
import path from 'node:path';
import type { Table, TableHost, TableRow } from '../table.ts';
import { readText } from './files.ts';
import { procPath } from './proc.ts';

/** `uname -m` of the architectures that Node runs on. */
const MACHINES: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  ia32: 'i686',
  arm64: process.platform === 'darwin' ? 'arm64' : 'aarch64',
  arm: 'armv7l',
};
export const machine = (): string => MACHINES[arch()] ?? arch();

/** The hardware's uuid where the agent may read it, else the one that was made for this installation. */
export function hostUuid(host: TableHost): string {
  const uuid = dmi(host, 'product_uuid');
  return uuid === '' ? host.identity.uuid : uuid;
}

/** The machine. Serials and board details are readable by root only, and absent in most virtual machines' tables. */
export const systemInfo = (host: TableHost): Table => ({
  name: 'system_info',
  columns: [
    'hostname TEXT',
    'uuid TEXT',
    'cpu_type TEXT',
    'cpu_subtype TEXT',
    'cpu_brand TEXT',
    'cpu_physical_cores INTEGER',
    'cpu_logical_cores INTEGER',
    'cpu_sockets INTEGER',
    'cpu_microcode TEXT',
    'physical_memory BIGINT',
    'hardware_vendor TEXT',
    'hardware_model TEXT',
    'hardware_version TEXT',
    'hardware_serial TEXT',
    'board_vendor TEXT',
    'board_model TEXT',
    'board_version TEXT',
    'board_serial TEXT',
    'computer_name TEXT',
    'local_hostname TEXT',
    'emulated_cpu_type TEXT HIDDEN',
  ],
  rows: () => [
    {
      hostname: hostname(),
      uuid: hostUuid(host),
      cpu_type: machine(),
      cpu_brand: cpus()[0]?.model.trim(),
      cpu_logical_cores: cpus().length,
      ...cpuDetails(readText(procPath(host, 'cpuinfo')) ?? ''),
      physical_memory: totalmem(),
      ...hardware(host),
      computer_name: hostname(),
      local_hostname: hostname(),
    },
  ],
});

function cpuDetails(text: string): TableRow {
  const processors = text
    .split('\n\n')
    .map(block => new Map(block.split('\n').map(line => [line.split(':')[0]?.trim() ?? '', line.split(':')[1]?.trim() ?? ''])));
  const first = processors[0];
  const sockets = new Set(processors.flatMap(processor => processor.get('physical id') ?? []));
  const cores = new Set(
    processors.flatMap(processor => (processor.has('core id') ? `${processor.get('physical id')}/${processor.get('core id')}` : [])),
  );
  return {
    cpu_subtype: first?.get('model'),
    cpu_microcode: first?.get('microcode'),
    ...(cores.size > 0 ? { cpu_physical_cores: cores.size } : {}),
    ...(sockets.size > 0 ? { cpu_sockets: sockets.size } : {}),
  };
}

/** Lenovo has model and version the other way round than everybody else. */
function hardware(host: TableHost): TableRow {
  const vendor = dmi(host, 'sys_vendor');
  const [model, version] = [dmi(host, 'product_name'), dmi(host, 'product_version')];
  const isLenovo = vendor.toLowerCase() === 'lenovo';
  return {
    hardware_vendor: vendor,
    hardware_model: isLenovo ? version : model,
    hardware_version: isLenovo ? model : version,
    hardware_serial: dmi(host, 'product_serial'),
    board_vendor: dmi(host, 'board_vendor'),
    board_model: dmi(host, 'board_name'),
    board_version: dmi(host, 'board_version'),
    board_serial: dmi(host, 'board_serial'),
  };
}

const dmi = (host: TableHost, name: string): string => readText(path.join(host.root, '/sys/class/dmi/id', name))?.trim() ?? '';
