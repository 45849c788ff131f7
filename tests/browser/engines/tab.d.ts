/** A browser with one page, in the few words that every engine has. */
export interface Tab {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs a function in the page; it sees its arguments and the page, and nothing around it. */
  evaluate<Args extends unknown[], Result>(work: (...args: Args) => Result, ...args: Args): Promise<Awaited<Result>>;
  click(selector: string): Promise<void>;
  /** Types over what a field holds, and leaves the field. */
  fill(selector: string, text: string): Promise<void>;
  select(selector: string, value: string): Promise<void>;
  setFiles(selector: string, paths: string[]): Promise<void>;
  close(): Promise<void>;
  /** Ends the browser's processes without a warning. */
  kill(): Promise<void>;
}

export interface Options {
  /** Whether the browser offers WebGPU, on a software adapter. */
  webgpu: boolean;
  /** A folder that outlives the browser; without one the browser starts from nothing. */
  profile?: string;
}

export type Open = (options: Options) => Promise<Tab>;
