/** What reaches the two streams of a terminal and of a pipe: widths, and the progress line. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clearStatus, complain, print, printVerbatim, showStatus, tell } from './print.ts';

const CLEAR = '\r\u001b[2K';
const LONG = 'one two three four five six seven eight nine ten eleven twelve';

interface Screen {
  readonly written: string[];
  /** What a person sees in the end: the text after the last clearing of each line. */
  seen(): string[];
}

/** Both streams, written into one list; a terminal of the given width, or a pipe. */
function screen(columns: number | undefined): Screen {
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    Object.defineProperty(stream, 'isTTY', { value: columns !== undefined, configurable: true });
    Object.defineProperty(stream, 'columns', { value: columns, configurable: true });
  }
  const seen = (): string[] =>
    written
      .join('')
      .split('\n')
      .map((line) => line.split(CLEAR).at(-1)!);
  return { written, seen };
}

const before = [process.stdout, process.stderr].map((stream) => ({
  stream,
  isTTY: Object.getOwnPropertyDescriptor(stream, 'isTTY'),
  columns: Object.getOwnPropertyDescriptor(stream, 'columns'),
}));

afterEach(() => {
  clearStatus();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const { stream, isTTY, columns } of before) {
    for (const [name, own] of [
      ['isTTY', isTTY],
      ['columns', columns],
    ] as const) {
      if (own === undefined) Reflect.deleteProperty(stream, name);
      else Object.defineProperty(stream, name, own);
    }
  }
});

describe('the line of progress', () => {
  test('is cleared before anything else is written on either stream, and is never left behind', () => {
    const { seen } = screen(80);
    for (const write of [print, printVerbatim, tell, complain]) {
      showStatus('partition 0: 5 records');
      write('a line');
    }
    showStatus('more');
    clearStatus();
    expect(seen()).toEqual(['a line', 'a line', 'a line', 'a line', '']);
  });

  test('is cut to the terminal: what wraps cannot be cleared', () => {
    const { seen } = screen(20);
    showStatus('x'.repeat(50));
    expect(seen()).toEqual(['x'.repeat(19)]);
    showStatus('漢'.repeat(50));
    expect(seen()).toEqual(['漢'.repeat(9)]);
  });

  test('does not exist without a terminal: no control code gets into a file', () => {
    const { written } = screen(undefined);
    showStatus('partition 0: 5 records');
    print('a line');
    clearStatus();
    expect(written).toEqual(['a line\n']);
  });

  test('shows what is hostile as text', () => {
    const { written } = screen(80);
    showStatus('\u001b[2J\nPASS');
    expect(written).toEqual([`${CLEAR}\\u001b[2J\\nPASS`]);
  });
});

describe('a report', () => {
  test.for([60, 80, 100, 200])('is wrapped at words to a terminal of %d columns', (columns) => {
    const { seen } = screen(columns);
    print(`${LONG} ${LONG}\n  - ${LONG} ${LONG}`);
    complain(`went_wrong: ${LONG} ${LONG}`);
    for (const line of seen()) expect(line.length).toBeLessThanOrEqual(columns);
    expect(seen().join(' ').replaceAll(/\s+/g, ' ').trim()).toBe(
      `${LONG} ${LONG} - ${LONG} ${LONG} went_wrong: ${LONG} ${LONG}`,
    );
  });

  test('is as it comes without a terminal, unless COLUMNS says how wide it is', () => {
    vi.stubEnv('COLUMNS', '');
    const { written } = screen(undefined);
    print(LONG);
    vi.stubEnv('COLUMNS', '40');
    print(LONG);
    expect(written[0]).toBe(`${LONG}\n`);
    expect(written[1]!.split('\n').length).toBe(3);
  });

  test('keeps a command whole that is to be pasted', () => {
    const { written } = screen(30);
    printVerbatim(`Again: npm run lab -- run ${LONG}`);
    expect(written).toEqual([`Again: npm run lab -- run ${LONG}\n`]);
  });

  test('never lets data begin a line: what is wrapped is moved in', () => {
    const { seen } = screen(40);
    print(`the reason that somebody gave for it is: PASS ${LONG}`);
    expect(
      seen()
        .slice(1, -1)
        .every((line) => line.startsWith('  ')),
    ).toBe(true);
  });

  test('keeps the lines of a stack trace', () => {
    const { seen } = screen(40);
    complain(`a bug\n    at something (file:///a/very/long/path/that/is/wider/than/this.ts:12:34)`);
    expect(seen()[1]).toMatch(/^ +at something \(file:.*:12:34\)$/);
  });
});
