import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What the machine did between two looks, as shares of its time: NaN where that is not known. */
export interface MachineLook {
  /** What all cores idled, or waited for a disk. */
  readonly idle: number;
  /** What its host gave to others. */
  readonly stolen: number;
  /** How long the disk had something to do; and what it wrote, in bytes a second. */
  readonly diskBusy: number;
  readonly diskBytes: number;
}

interface Ticks {
  readonly all: number;
  readonly idle: number;
  readonly stolen: number;
  readonly disk: { readonly busyMs: number; readonly writtenBytes: number; readonly atMs: number };
}

const SECTOR_BYTES = 512;

/**
 * Gives what happened since it was asked last. A disk that is busy all the time and writes little is a slow one, whoever is to blame; that
 * of a folder in memory is not known.
 *
 * @example const look = machineLooks('/var/lib/sallyport'); look().idle // 0.2 of the time since
 */
export function machineLooks(folder: string): () => MachineLook {
  const disk = diskOf(folder);
  let before = ticks(disk);
  return () => {
    const now = ticks(disk);
    const share = (part: (times: Ticks) => number): number =>
      (part(now) - part(before)) / Math.max(1, now.all - before.all);
    const ms = Math.max(1, now.disk.atMs - before.disk.atMs);
    const look = {
      idle: share(({ idle }) => idle),
      stolen: share(({ stolen }) => stolen),
      diskBusy: (now.disk.busyMs - before.disk.busyMs) / ms,
      diskBytes: ((now.disk.writtenBytes - before.disk.writtenBytes) * 1_000) / ms,
    };
    before = now;
    return look;
  };
}

/** Linux tells; elsewhere it is not known. */
export async function residentBytes(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? Number.NaN) * 1_024;
}

/** Since the machine was started: https://man7.org/linux/man-pages/man5/proc_stat.5.html */
function ticks(disk: string): Ticks {
  const times = numbers(/^cpu +(.*)$/m.exec(textOf('/proc/stat'))?.[1]);
  const [, , , idle = Number.NaN, waiting = 0, , , stolen = Number.NaN] = times;
  const all = times.slice(0, 8).reduce((sum, each) => sum + each, 0);
  return { all, idle: idle + waiting, stolen, disk: diskTicks(disk) };
}

/** https://www.kernel.org/doc/html/latest/admin-guide/iostats.html */
function diskTicks(disk: string): Ticks['disk'] {
  const row = new RegExp(`^ *${disk} +\\S+ (.*)$`, 'm').exec(textOf('/proc/diskstats'))?.[1];
  const [, , , , , , sectors = Number.NaN, , , busyMs = Number.NaN] = numbers(row);
  return { busyMs, writtenBytes: sectors * SECTOR_BYTES, atMs: performance.now() };
}

/** Its two numbers, as the table of disks has them: https://man7.org/linux/man-pages/man3/makedev.3.html */
function diskOf(folder: string): string {
  const { dev } = statSync(folder);
  return `${(dev >> 8) & 0xfff} +${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
}

function numbers(text = ''): readonly number[] {
  return text.split(' ').filter(Boolean).map(Number);
}

/** Empty where there is no Linux. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
