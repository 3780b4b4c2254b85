/** What the subjects of one rate owe, in bounded memory. Times are microseconds of a clock that only grows. */
export interface Subjects {
  /** What a subject owes; 0 when it is not remembered. */
  debtUs(subject: string, nowUs: number): number;
  /** Owes so much from now on. */
  set(subject: string, debtUs: number, nowUs: number): void;
  readonly size: number;
}

export interface SubjectsOptions {
  readonly itemsMax: number;
  /** Told how many were forgotten that still owed something, to make room. */
  readonly onForgotten: (count: number) => void;
}

interface Account {
  /** When it will owe nothing. */
  freeAtUs: number;
}

/** Two looks for each newcomer: who owes nothing is gone before as many have come as are remembered. */
const LOOKS_PER_NEWCOMER = 2;
/** The part of the table that is cleared when it is full: often enough to be small, seldom enough to be cheap. */
const CLEARED_PART = 16;

/**
 * Remembers who owes something. Whoever owes nothing can be forgotten without loss, and is, a few at each newcomer, so
 * that there is no timer. When all places are held by debtors, those are forgotten who would be free first: a subject that
 * is being limited goes only after every one that is not. A flood of addresses thus costs bounded memory, and a
 * pass over the table once in `itemsMax / 16` newcomers.
 */
export function createSubjects({ itemsMax, onForgotten }: SubjectsOptions): Subjects {
  const accounts = new Map<string, Account>();
  let looking = accounts.entries();

  const look = (nowUs: number): void => {
    for (let count = 0; count < LOOKS_PER_NEWCOMER; count++) {
      const next = looking.next();
      if (next.done === true) {
        looking = accounts.entries();
        return;
      }
      const [subject, { freeAtUs }] = next.value;
      if (freeAtUs <= nowUs) accounts.delete(subject);
    }
  };

  const makeRoom = (nowUs: number): void => {
    const wanted = Math.max(1, Math.floor(itemsMax / CLEARED_PART));
    for (const [subject, { freeAtUs }] of accounts) if (freeAtUs <= nowUs) accounts.delete(subject);
    let left = accounts.size + wanted - itemsMax;
    if (left <= 0) return;
    const byTime = Float64Array.from(accounts.values(), ({ freeAtUs }) => freeAtUs).sort();
    const last = byTime[left - 1] ?? 0;
    // Of those who would be free at the same moment only as many as are needed.
    let ties = left - byTime.findLastIndex((freeAtUs) => freeAtUs < last) - 1;
    onForgotten(left);
    for (const [subject, { freeAtUs }] of accounts) {
      if (freeAtUs > last || (freeAtUs === last && ties-- <= 0)) continue;
      accounts.delete(subject);
      if (--left === 0) return;
    }
  };

  return {
    debtUs(subject, nowUs) {
      const account = accounts.get(subject);
      return account === undefined ? 0 : Math.max(0, account.freeAtUs - nowUs);
    },
    set(subject, debtUs, nowUs) {
      const account = accounts.get(subject);
      if (debtUs <= 0) {
        if (account !== undefined) accounts.delete(subject);
      } else if (account !== undefined) account.freeAtUs = nowUs + debtUs;
      else {
        look(nowUs);
        if (accounts.size >= itemsMax) makeRoom(nowUs);
        accounts.set(subject, { freeAtUs: nowUs + debtUs });
      }
    },
    get size() {
      return accounts.size;
    },
  };
}
