/** The messages to and from the reaper: one JSON document a line. Every request is answered once, by its id. */

export type ReaperRequest =
  | {
      readonly op: 'spawn';
      readonly id: number;
      readonly command: string;
      readonly args: readonly string[];
      /** The whole environment. */
      readonly env: NodeJS.ProcessEnv;
      readonly cwd: string;
      /** Standard output and error are appended here. */
      readonly logFile: string;
    }
  | { readonly op: 'signal'; readonly id: number; readonly pid: number; readonly signal: NodeJS.Signals }
  | { readonly op: 'remove-at-end'; readonly id: number; readonly directory: string }
  | { readonly op: 'remove-containers-at-end'; readonly id: number; readonly label: string };

export type ReaperMessage =
  | { readonly event: 'answer'; readonly id: number; readonly pid?: number; readonly error?: string }
  | {
      readonly event: 'exit';
      readonly pid: number;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    };
